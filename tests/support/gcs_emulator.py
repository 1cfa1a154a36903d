"""Runs gcp-storage-emulator with what the real service has and it lacks: headers about the object, ranges from the end,
416, pages, and startOffset. Arguments are the emulator's own."""

import re
import sys
from http import HTTPStatus

import gcp_storage_emulator.handlers.objects as objects

plain_download, plain_list = objects.download, objects.ls


def download(request, response, storage, *args, **kwargs):
    try:
        about = storage.get_file_obj(request.params["bucket_name"], request.params["object_id"])
    except Exception:
        return plain_download(request, response, storage, *args, **kwargs)
    size, get_header = int(about["size"]), request.get_header
    asked = get_header("range", None) or ""
    last = re.fullmatch(r"bytes=-(\d+)", asked)
    if last:
        asked = "bytes=%d-%d" % (max(0, size - int(last[1])), size - 1)
    first = re.match(r"bytes=(\d+)-", asked)
    if first and int(first[1]) >= size:
        response.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        response["Content-Range"] = "bytes */%d" % size
        return None
    request.get_header = lambda key, default=None: (
        asked if key.lower() == "range" and asked else get_header(key, default)
    )
    for name, value in (
        ("generation", about["generation"]),
        ("metageneration", about["metageneration"]),
        ("storage-class", about.get("storageClass", "STANDARD")),
        ("stored-content-length", str(size)),
        ("stored-content-encoding", about.get("contentEncoding") or "identity"),
        ("hash", "crc32c=%s,md5=%s" % (about["crc32c"], about["md5Hash"])),
    ):
        response["x-goog-" + name] = value
    return plain_download(request, response, storage, *args, **kwargs)


def ls(request, response, storage, *args, **kwargs):
    answer = response.json

    def query(name):
        return (request.query.get(name) or [None])[0]

    def page(listed):
        offset, token, most = query("startOffset") or "", query("pageToken") or "", int(query("maxResults") or 1000)
        items = sorted(listed["items"], key=lambda item: item["name"])
        items = [item for item in items if item["name"] >= offset and item["name"] > token]
        listed["items"] = items[:most]
        if len(items) > most:
            listed["nextPageToken"] = items[most - 1]["name"]
        answer(listed)

    response.json = page
    return plain_list(request, response, storage, *args, **kwargs)


objects.download, objects.ls = download, ls

if __name__ == "__main__":
    from gcp_storage_emulator.__main__ import main

    sys.exit(main(sys.argv[1:]))

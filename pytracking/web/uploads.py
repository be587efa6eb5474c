"""Uploads from browsers, written to the session's own folder as they arrive, up to the limit."""

import pathlib

from starlette.requests import Request

from libs.media.files import explain_writing, free_path
from libs.utils.errors import SettingsError
from pytracking.web.limits import Limits
from pytracking.web.places import clean_name
from pytracking.web.visits import Visit


async def take_upload(request: Request, visit: Visit, limits: Limits) -> str:
    """Write the body of a request to a file. Returns its path in the session's folder of uploads.

    The name comes from `?name=`, cleaned; with `?folder=`, the file is a frame in that folder.

    Raises:
        SettingsError: it is too large, or was cut off. DataError: the disk is full.
    """
    announced = request.headers.get("content-length", "")
    limits.check_upload(visit.uploaded + (int(announced) if announced.isdecimal() else 0))
    folder = request.query_params.get("folder")
    parent = visit.uploads if not folder else visit.uploads / clean_name(folder)
    parent.mkdir(exist_ok=True)
    name = clean_name(request.query_params.get("name", "video"))
    path = free_path(parent / name, pathlib.PurePath(name).suffix)
    try:
        with explain_writing(path), path.open("xb") as file:
            async for part in request.stream():
                visit.uploaded += len(part)
                limits.check_upload(visit.uploaded)
                file.write(part)
        if announced.isdecimal() and path.stat().st_size != int(announced):
            raise SettingsError(f"the upload of {name} was cut off: send it again")
    except BaseException:
        visit.uploaded -= path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        raise
    return path.relative_to(visit.uploads).as_posix()

"""The routes that the page's scripts call within a session."""

import asyncio
import json
import pathlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from libs.media.images import encode_jpeg
from libs.utils.errors import SettingsError
from pytracking.web import session_files, takeaway
from pytracking.web.describing import describe_frame, describe_rows, describe_visit
from pytracking.web.places import Place
from pytracking.web.run import Direction
from pytracking.web.uploads import take_upload
from pytracking.web.visits import Listener, Visit, Visits

CLIP = pathlib.Path(__file__).parent / "clip"
ENDED = "this session has ended, because nothing was done for long or it was closed: reload the page"
HEARTBEAT = 10.0
"""Seconds after which a page without news gets an empty message, so that a closed one is noticed."""
JPEG_QUALITY = 88
PAUSE = 0.04
"""Least seconds between two messages to a page."""
MOST_BODY = 8 << 20
Handler = Callable[[Request, Visit], Awaitable[Response]]
DONE = {"done": True}


def _within(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler of a request, given the session that its address names."""

    async def answer(request: Request) -> Response:
        visit = _visits(request).find(request.path_params["visit"])
        if visit is None:
            return JSONResponse({"error": ENDED, "ended": True}, 410)
        return await handler(request, visit)

    return answer


def _visits(request: Request) -> Visits:
    return request.app.state.visits


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises SettingsError if it is not one, or is huge."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY:
            raise SettingsError("that is too much at a time")
        parts.append(part)
    try:
        body = json.loads(b"".join(parts) or b"{}")
    except (ValueError, RecursionError) as error:
        raise SettingsError("that cannot be read: reload the page") from error
    if not isinstance(body, dict):
        raise SettingsError("that cannot be read: reload the page")
    return body


def _whole(body: dict[str, Any], name: str) -> int:
    """A whole number in a request. Raises SettingsError if it is not one."""
    if type(body.get(name)) is not int:
        raise SettingsError(f"{name} is to be a whole number")
    return body[name]


async def _in_turn(request: Request, work: Callable[[], Any]) -> Any:
    """Run a function in the tracking thread."""
    return await asyncio.wrap_future(_visits(request).turns.do(work))


async def _begin(request: Request) -> Response:
    return JSONResponse({"id": _visits(request).begin().id})


async def _end(request: Request, visit: Visit) -> Response:
    await _visits(request).end(visit)
    return JSONResponse(DONE)


async def _leave(request: Request, visit: Visit) -> Response:
    visit.left = True
    return JSONResponse(DONE)


async def _show(request: Request, visit: Visit) -> Response:
    return JSONResponse(_message(request, visit, None))


def _message(request: Request, visit: Visit, frames: set[int] | None) -> dict[str, Any]:
    """The message to a page; `frames` are those that changed, None for all."""
    message = {"visit": describe_visit(visit, _visits(request).turns), "frames": {}, "all": frames is None}
    if visit.workspace is not None:
        records = visit.workspace.records
        message["frames"] = describe_rows(records, list(records.rows) if frames is None else frames)
    return message


async def _events(request: Request, visit: Visit) -> Response:
    return StreamingResponse(_tell(request, visit), media_type="text/event-stream")


async def _tell(request: Request, visit: Visit) -> AsyncIterator[str]:
    listener = Listener()
    visit.listeners.add(listener)
    visit.alone_since, visit.left = None, False
    key, frames = "", None
    try:
        while _visits(request).find(visit.id) is not None:
            # Of another video than before, all is told.
            if visit.workspace is not None and visit.workspace.key != key:
                key, frames = visit.workspace.key, None
            yield f"data: {json.dumps(_message(request, visit, frames))}\n\n"
            await asyncio.sleep(PAUSE)
            while not await _is_woken(listener):
                yield ": here\n\n"
            listener.event.clear()
            frames, listener.frames = listener.frames, set()
        yield f"event: ended\ndata: {json.dumps({'error': ENDED})}\n\n"
    finally:
        visit.listeners.discard(listener)
        if not visit.listeners:
            visit.alone_since = time.monotonic()


async def _is_woken(listener: Listener) -> bool:
    try:
        await asyncio.wait_for(listener.event.wait(), HEARTBEAT)
    # In Python 3.10 it is no TimeoutError of the language.
    except asyncio.TimeoutError:
        return False
    return True


async def _upload(request: Request, visit: Visit) -> Response:
    name = await take_upload(request, visit, request.app.state.limits)
    return JSONResponse({"name": name})


async def _open(request: Request, visit: Visit) -> Response:
    body = await _body(request)
    kind, name = body.get("kind"), str(body.get("name", ""))
    place = {"clip": Place(CLIP), "upload": Place(visit.uploads), "root": request.app.state.root}.get(str(kind))
    if place is None:
        raise SettingsError("no folder may be read here: upload the video, or start the page with --root FOLDER")
    path = next(CLIP.glob("*.mp4")) if kind == "clip" else place.find(name)
    await _in_turn(request, lambda: _visits(request).open(visit, path, place))
    return JSONResponse(_message(request, visit, None))


async def _frame(request: Request, visit: Visit) -> Response:
    workspace, index = visit.work(), request.path_params["index"]
    data = await asyncio.to_thread(lambda: encode_jpeg(workspace.image(index), JPEG_QUALITY))
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def _objects(request: Request, visit: Visit) -> Response:
    described = await asyncio.to_thread(describe_frame, visit.work(), request.path_params["index"])
    return JSONResponse(described)


async def _memories(request: Request, visit: Visit) -> Response:
    path = visit.work().pictures.find(request.path_params["index"])
    if path is None:
        raise SettingsError("of this frame there is no picture: switch on memories, and follow through it")
    return FileResponse(path)


async def _draw(request: Request, visit: Visit) -> Response:
    body = await _body(request)
    index, number = _whole(body, "frame"), body.get("number")
    if number is not None:
        number = _whole(body, "number")
    drawing = body.get("drawing")
    if not isinstance(drawing, dict):
        raise SettingsError("nothing was drawn")
    workspace = visit.work()
    number = await _in_turn(request, lambda: workspace.draw(index, drawing, number))
    return JSONResponse({"number": number})


async def _follow(request: Request, visit: Visit) -> Response:
    body = await _body(request)
    try:
        direction = Direction(body.get("direction"))
    except ValueError as error:
        raise SettingsError("follow forwards, backwards or both") from error
    workspace, index = visit.work(), _whole(body, "frame")
    run = await _in_turn(request, lambda: workspace.follow(index, direction))
    _visits(request).turns.begin(run)
    return JSONResponse(DONE)


async def _stop(request: Request, visit: Visit) -> Response:
    visit.work().stop()
    _visits(request).notify(visit, set())
    return JSONResponse(DONE)


async def _undo(request: Request, visit: Visit) -> Response:
    await _in_turn(request, visit.work().undo)
    return JSONResponse(DONE)


async def _rename(request: Request, visit: Visit) -> Response:
    body = await _body(request)
    workspace, number = visit.work(), request.path_params["number"]
    await _in_turn(request, lambda: workspace.rename(number, str(body.get("name", ""))))
    return JSONResponse(DONE)


async def _remove(request: Request, visit: Visit) -> Response:
    workspace, number = visit.work(), request.path_params["number"]
    await _in_turn(request, lambda: workspace.remove(number))
    return JSONResponse(DONE)


async def _watch(request: Request, visit: Visit) -> Response:
    body = await _body(request)
    workspace = visit.work()
    await _in_turn(request, lambda: workspace.watch_memories(body.get("wanted") is True))
    _visits(request).notify(visit, set())
    return JSONResponse(DONE)


async def _make(request: Request, visit: Visit) -> Response:
    """Write a file to take away. Answers with the name under which to fetch it."""
    name = str((await _body(request)).get("format"))
    workspace = visit.work()
    if visit.busy:
        raise SettingsError(f"{visit.busy['what']} is being written: wait for it")

    def progress(done: int, total: int) -> None:
        visit.busy = {"what": name, "done": done, "total": total}
        _visits(request).notify(visit, set())

    progress(0, 1)
    try:
        if name == takeaway.SESSION:
            path = await _in_turn(request, lambda: session_files.save_workspace(workspace, visit.made))
        elif name == takeaway.OVERLAY:
            records = workspace.records.copy()
            path = await asyncio.to_thread(takeaway.write_overlay, records, workspace.video, visit.made, progress)
        else:
            records = workspace.records.copy()
            path = await asyncio.to_thread(takeaway.write_annotations, records, workspace.video, name, visit.made)
    finally:
        visit.busy = {}
        _visits(request).notify(visit, set())
    return JSONResponse({"name": path.name})


async def _fetch(request: Request, visit: Visit) -> Response:
    path = Place(visit.made).find(request.path_params["name"])
    shown = request.query_params.get("show") is not None
    return FileResponse(path, filename=path.name, content_disposition_type="inline" if shown else "attachment")


async def _load(request: Request, visit: Visit) -> Response:
    """Continue with an uploaded session file."""
    path = Place(visit.uploads).find(str((await _body(request)).get("name", "")))
    workspace, tracker = visit.work(), _visits(request).own_tracker()
    await _in_turn(request, lambda: session_files.load_workspace(workspace, path, tracker, visit.made))
    return JSONResponse(_message(request, visit, None))


def _route(path: str, handler: Handler, method: str) -> Route:
    return Route(f"/api/visits/{{visit}}{path}", _within(handler), methods=[method])


ROUTES = [
    Route("/api/visits", _begin, methods=["POST"]),
    _route("", _show, "GET"),
    _route("", _end, "DELETE"),
    _route("/leave", _leave, "POST"),
    _route("/events", _events, "GET"),
    _route("/uploads", _upload, "POST"),
    _route("/video", _open, "POST"),
    _route("/frames/{index:int}.jpg", _frame, "GET"),
    _route("/frames/{index:int}/objects", _objects, "GET"),
    _route("/frames/{index:int}/memories", _memories, "GET"),
    _route("/drawings", _draw, "POST"),
    _route("/run", _follow, "POST"),
    _route("/run", _stop, "DELETE"),
    _route("/undo", _undo, "POST"),
    _route("/objects/{number:int}", _rename, "PATCH"),
    _route("/objects/{number:int}", _remove, "DELETE"),
    _route("/memories", _watch, "POST"),
    _route("/files", _make, "POST"),
    _route("/files/{name}", _fetch, "GET"),
    _route("/session", _load, "POST"),
]

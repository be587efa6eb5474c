"""The page as an ASGI application: static files and the routes that its scripts call."""

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from libs.utils.errors import DMBError
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.web import work_routes
from pytracking.web.keys import KEYS
from pytracking.web.limits import Limits
from pytracking.web.messages import FAULT, log_fault, public_message
from pytracking.web.places import Place
from pytracking.web.security import Guard
from pytracking.web.takeaway import offered
from pytracking.web.turns import Turns
from pytracking.web.visits import Visits

STATIC = pathlib.Path(__file__).parent / "static"
LOOK_AFTER_SECONDS = 2.0


def make_app(
    tracker: BaseTracker, root: Place | None, limits: Limits, token: str = "", keep: pathlib.Path | None = None
) -> Starlette:
    """The application.

    Args:
        tracker: built; every session has a copy that shares its networks.
        root: folder whose files may be opened; None for only uploads and the bundled clip.
        limits: on what users may take.
        token: required from users; see `Guard`.
        keep: see `Visits`.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        turns = Turns(limits.runs)
        app.state.visits = visits = Visits(tracker, limits, turns, keep)
        looking = asyncio.create_task(visits.look_after(min(LOOK_AFTER_SECONDS, limits.grace)))
        try:
            yield
        finally:
            looking.cancel()
            turns.close()
            visits.close()

    routes = [
        Route("/", _page),
        Route("/api/about", _about),
        Route("/api/files", _files),
        *work_routes.ROUTES,
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers = {DMBError: _explain, Exception: _apologise}
    app = Starlette(
        routes=routes, middleware=[Middleware(Guard, token=token)], exception_handlers=handlers, lifespan=lifespan
    )
    app.state.root, app.state.limits = root, limits
    return app


async def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _about(request: Request) -> Response:
    state = request.app.state
    limits: Limits = state.limits
    return JSONResponse(
        {
            "keys": KEYS,
            "formats": offered(),
            "root": state.root is not None,
            "limits": {"upload": limits.upload, "frames": limits.frames, "side": limits.side, "idle": limits.idle},
        }
    )


async def _files(request: Request) -> Response:
    root: Place | None = request.app.state.root
    folder = request.query_params.get("path", "")
    return JSONResponse([] if root is None else await asyncio.to_thread(root.entries, folder))


async def _explain(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": public_message(error)}, 400)


async def _apologise(request: Request, error: Exception) -> Response:
    log_fault(error)
    return JSONResponse({"error": FAULT}, 500)

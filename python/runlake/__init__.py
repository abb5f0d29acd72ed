# SPDX-License-Identifier: Apache-2.0
"""Record what ran, with what, and what came out.

    import runlake

    with runlake.run(stage="fit", params={"lr": 0.1}, inputs=["data.csv"]) as run:
        run.log(rmse=0.21, rows_out=150)

    @runlake.run(stage="score")
    def score(model): ...

Tracking never raises into your code and never stops it: what can't be recorded is counted, said once on stderr, and shown by `runlake doctor`. The exception
is `mode="strict"` (or RUNLAKE_MODE=strict), which refuses to begin a run whose start is not on disk. Exceptions of your own code are recorded with their
traceback and raised again.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import math
import os
import threading
import traceback
import warnings
from types import TracebackType
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Type, TypeVar, Union

from . import _runlake, replay
from ._runlake import Error

__all__ = ["Error", "Run", "configure", "current", "lost", "replay", "run", "__version__"]
__version__: str = _runlake.version

_Function = TypeVar("_Function", bound=Callable[..., Any])
_PathLike = Union[str, "os.PathLike[str]"]

_COUNTS = frozenset(("rows_in", "rows_out", "llm_calls", "tokens"))
_current: "contextvars.ContextVar[Optional[Run]]" = contextvars.ContextVar("runlake_current_run", default=None)
_recording: Optional[_runlake.Recording] = None
_recording_lock = threading.Lock()
_options: Dict[str, Optional[str]] = {"store": None, "mode": None}


def configure(store: Optional[_PathLike] = None, mode: Optional[str] = None) -> None:
    """Sets where and whether this process records, from the next run on: `store` is the folder of a store (default: RUNLAKE_STORE, else the project's),
    `mode` is "on", "off" or "strict" (default: RUNLAKE_MODE, else the setting). Raises ValueError for another mode."""
    global _recording
    if mode not in (None, "on", "off", "strict"):
        raise ValueError(f'mode must be "on", "off" or "strict", not {mode!r}')
    with _recording_lock:
        _options.update(store=os.fspath(store) if store is not None else None, mode=mode)
        _recording = None


def _recorder() -> _runlake.Recording:
    global _recording
    known = _recording
    if known is not None:
        return known
    with _recording_lock:
        if _recording is None:
            _recording = _runlake.Recording(_options["store"], _options["mode"])
        return _recording


def lost() -> int:
    """How many records of this process could not be written."""
    return _recording.lost if _recording is not None else 0


def current() -> Optional["Run"]:
    """The innermost run that this thread or task is in, if any."""
    return _current.get()


def _is_strict() -> bool:
    return _options["mode"] == "strict" or (_options["mode"] is None and os.environ.get("RUNLAKE_MODE") == "strict")


def _warn(what: str, why: BaseException) -> None:
    try:
        warnings.warn(f"runlake: {what}: {why}", RuntimeWarning, stacklevel=4)
    except Exception:  # warnings may be configured to raise: tracking must not
        pass


_environ: Any = getattr(os.environ, "_data", None)  # what os.environ holds, as bytes; without it (another Python) the slower way


def _swap_environment(values: Dict[str, Optional[str]]) -> Dict[str, Optional[str]]:
    """Sets these variables of this process, or takes them away; returns what they were. os.environ alone would keep each value for ever: see os/variable.hpp."""
    before: Dict[str, Optional[str]] = {}
    for name, value in values.items():
        if isinstance(_environ, dict):
            key = name.encode()
            known = _environ.get(key)
            before[name] = None if known is None else os.fsdecode(known)
            encoded = None if value is None else os.fsencode(value)
            if encoded is None:
                _environ.pop(key, None)
            else:
                _environ[key] = encoded
            (_runlake.set_run_id if name == "RUNLAKE_RUN_ID" else _runlake.set_traceparent)(encoded)
        else:
            before[name] = os.environ.get(name)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return before


class Run:
    """A run: use it with `with`, `async with`, or as a decorator (each call is then a run of its own). Made by `runlake.run`.

    Methods may be called from any thread while the run goes on; outside of that they do nothing but warn.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._native: Optional[_runlake.Run] = None
        self._token: Optional[contextvars.Token[Optional[Run]]] = None
        self._pid = 0
        self._environment: Optional[Dict[str, Optional[str]]] = None
        self._id = ""
        self._traceparent = ""

    @property
    def id(self) -> str:
        """The run's id, a UUID; empty when nothing is recorded."""
        return self._id

    @property
    def traceparent(self) -> str:
        """The W3C trace context for requests made by this run; empty when nothing is recorded."""
        return self._traceparent

    def log(self, metrics: Optional[Mapping[str, float]] = None, *, step: Optional[int] = None, **named: float) -> None:
        """Records metrics: `run.log(rmse=0.2)` or `run.log({"val/rmse": 0.2}, step=3)`. With `step` they are points of series. rows_in, rows_out,
        llm_calls and tokens become columns of the run. A value that is not finite is noted, not stored."""
        values: Dict[str, float] = {**(metrics or {}), **named}
        finite: List[Any] = []
        for name, value in values.items():
            try:
                if name in _COUNTS and step is None:
                    self._call("set_count", name, int(value))
                    continue
                number = float(value)
            except (TypeError, ValueError, OverflowError) as problem:
                _warn(f"metric {name!r} was not recorded", problem)
                continue
            if math.isfinite(number):
                finite.append((str(name), number))
            else:
                self._call("note", f"metric {name} is {number}" + (f" at step {step}" if step is not None else ""))
        if finite:
            self._call("log_metrics", finite, step)

    def tag(self, **tags: Optional[str]) -> None:
        """Sets tags; None removes one."""
        for name, value in tags.items():
            self._call("set_tag", name, None if value is None else str(value))

    def param(self, **params: Any) -> None:
        """Records parameters that were not known when the run began."""
        for name, value in params.items():
            self._call("set_param", name, value)

    def note(self, text: str) -> None:
        """Adds a note."""
        self._call("note", str(text))

    def degraded(self, reason: Optional[str] = None) -> None:
        """The run goes on, and will end as `degraded` unless it fails."""
        self._call("mark_degraded", reason)

    def _call(self, method: str, *arguments: Any) -> None:
        native = self._native
        if native is None:
            return
        try:
            getattr(native, method)(*arguments)
        except Exception as problem:
            _warn(f"{method.replace('_', ' ')} was not recorded", problem)

    def __enter__(self) -> "Run":
        self._begin()
        if threading.current_thread() is threading.main_thread() and self._native is not None:
            # Programs that are started from here find their parent. Only in the main thread: the environment is the whole process's.
            self._environment = _swap_environment({"RUNLAKE_RUN_ID": self._id, "TRACEPARENT": self._traceparent})
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if self._environment is not None:
            _swap_environment(self._environment)
            self._environment = None
        self._end(error)

    async def __aenter__(self) -> "Run":
        self._begin()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._end(error)

    def __call__(self, function: _Function) -> _Function:
        options = dict(self._options)
        if options["stage"] is None:
            options["stage"] = getattr(function, "__name__", "run")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def call_async(*args: Any, **kwargs: Any) -> Any:
                async with Run(**options):
                    return await function(*args, **kwargs)

            return call_async  # type: ignore[return-value]
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"runlake.run can't decorate the generator {function.__name__}(): use `with runlake.run(...)` inside it")

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with Run(**options):
                return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    def _begin(self) -> None:
        if self._native is not None:
            raise RuntimeError("this run is going on already: make another with runlake.run(...)")
        options = self._options
        outer = _current.get()
        parent = options["parent"] if options["parent"] is not None else outer
        try:
            native = _recorder().start(
                options["stage"] if options["stage"] is not None else "run",
                options["params"],
                options["tags"],
                options["inputs"],
                options["config"],
                options["tenant"],
                parent._id or None if isinstance(parent, Run) else parent,
                parent._traceparent or None if isinstance(parent, Run) else None,
            )
            self._native, self._id, self._traceparent = native, native.id, native.traceparent
        except Exception as problem:
            if _is_strict():
                raise
            _warn("a run was not recorded", problem)
        self._pid = os.getpid()
        self._token = _current.set(self)

    def _end(self, error: Optional[BaseException]) -> None:
        if self._token is not None:
            try:
                _current.reset(self._token)
            except ValueError:  # ended in another context than it began in
                _current.set(None)
            self._token = None
        native, self._native = self._native, None
        if native is None or os.getpid() != self._pid:
            return  # a forked child that leaves the block has not ended its parent's run
        try:
            native.finish(*_outcome(error))
        except Exception as problem:
            _warn("the end of a run was not recorded", problem)


def _outcome(error: Optional[BaseException]) -> "tuple[str, Optional[str]]":
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "completed", None
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError, GeneratorExit)):
        return "stopped", _error_text(error)
    return "failed", _error_text(error)


def _error_text(error: BaseException) -> str:
    """Type and message first, for the row; the whole traceback after it, for the file."""
    try:
        message = str(error)
    except Exception:
        message = "(its message can't be read)"
    name = type(error).__qualname__
    if type(error).__module__ not in ("builtins", "__main__"):
        name = f"{type(error).__module__}.{name}"
    try:
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:
        trace = ""
    return f"{name}: {message}\n\n{trace}" if message else f"{name}\n\n{trace}"


def run(
    stage: Optional[str] = None,
    *,
    params: Optional[Mapping[str, Any]] = None,
    inputs: Union[_PathLike, Iterable[_PathLike], None] = None,
    config: Optional[_PathLike] = None,
    tags: Optional[Mapping[str, str]] = None,
    tenant: Optional[str] = None,
    parent: Union["Run", str, None] = None,
) -> Run:
    """A run to be recorded: `with runlake.run(stage="fit") as run:` or `@runlake.run(stage="fit")` (the stage is then the function's name by default).

    params: values of any type; what JSON does not know is recorded as its str(). inputs: files, folders and globs, fingerprinted by content in the
    background. config: a file whose hash is recorded. parent: the run (or its id) that this one belongs to; by default the one that surrounds it in this thread or
    task, else RUNLAKE_RUN_ID of the environment.
    """
    if inputs is None:
        paths: List[str] = []
    elif isinstance(inputs, (str, os.PathLike)):
        paths = [os.fspath(inputs)]
    else:
        paths = [os.fspath(path) for path in inputs]
    return Run(
        stage=stage,
        params=dict(params) if params else None,
        tags=dict(tags) if tags else None,
        inputs=paths,
        config=os.fspath(config) if config is not None else None,
        tenant=tenant,
        parent=parent,
    )

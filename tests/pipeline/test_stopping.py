"""Signals: they reach the loop whatever the main thread is doing, and what does not end in time is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from tillpost.pipeline.stopping import LAST_RESORT, Stop, Stopping, signals

PATIENCE = 60.0

_STUCK = """
import ctypes, os, signal, sys
from tillpost.pipeline.stopping import Stop, signals
stop = Stop()
with signals(stop, lambda: print("left", flush=True), patience=0.2):
    print("stuck", flush=True)
    lock = ctypes.CDLL(None).pthread_mutex_lock
    mutex = ctypes.create_string_buffer(128)
    lock(mutex)
    lock(mutex)  # as a thread that waits for a dead disk: no handler of Python's is run any more
"""


def test_process_that_is_stuck_in_the_system_is_left_with_a_last_word() -> None:
    with subprocess.Popen([sys.executable, "-c", _STUCK], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "left\n")


def test_last_resort_comes_before_five_seconds_have_passed() -> None:
    assert 3.0 <= LAST_RESORT <= 4.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_that_comes_about_in_time_leaves_nobody(number: signal.Signals) -> None:
    stop, left, asked = Stop(), [], threading.Event()
    with signals(stop, asked.set, patience=PATIENCE, leave=left.append):
        os.kill(os.getpid(), number)
        while not stop.asked:
            threading.Event().wait(0.01)
        with pytest.raises(Stopping):
            stop.check()
    assert left == []
    assert not asked.is_set()


def test_hangup_asks_to_reload_as_often_as_it_comes() -> None:
    stop = Stop()
    with signals(stop, lambda: None, patience=PATIENCE):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
            while not stop.reload:
                threading.Event().wait(0.01)
            stop.reload = False
    stop.check()


def test_handlers_are_as_before_afterwards() -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with signals(Stop(), lambda: None):
        assert [signal.getsignal(number) for number in numbers] != before
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.set_wakeup_fd(-1) == -1

"""What is kept of a remote model's replies, and what that saves."""

import os
import signal
import threading
from pathlib import Path

import pytest

from endpoint_sample import ask, asked, echo, endpoint, request, said
from heredity.ground.errors import StorageError
from heredity.ground.hashing import digest
from heredity.models.remote.endpoint import CostEstimate
from loopback import Body, Loopback, Reply


class TestTheCache:
    def test_makes_a_second_run_send_nothing(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            first = ask(server, "a", "b", cache=tmp_path)
        assert ask(server, "a", "b", cache=tmp_path) == first
        assert len(server.received) == 2

    def test_tells_apart_whatever_makes_requests_differ(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            for fields in ({}, {"seed": 1}, {"n_tokens": 3}, {"temperature": 1.0}):
                endpoint(server, tmp_path).ask([request(**fields)], "asking")
            endpoint(server, tmp_path, model="another").ask([request()], "asking")
            endpoint(server, tmp_path, n_retries=1, url=f"{server.url}/").ask([request()], "asking")
        assert len(server.received) == 5

    def test_names_a_file_by_what_was_asked(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            ask(server, "a", cache=tmp_path)
        name = digest({"url": server.url, "model": "m", "request": request("a").model_dump(mode="json")})
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.json"]

    def test_is_mended_where_it_is_broken(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            first = ask(server, "a", cache=tmp_path)
            (kept,) = tmp_path.iterdir()
            whole = kept.read_text()
            kept.write_text(whole[:40])
            assert ask(server, "a", cache=tmp_path) == first
        assert kept.read_text() == whole
        assert len(server.received) == 2

    def test_that_cannot_be_written_stops_the_run_before_it_costs_anything(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with Loopback(echo) as server, pytest.raises(StorageError):
            ask(server, "a", cache=tmp_path / "file")
        assert not server.received


def test_a_run_stopped_midway_goes_on_where_it_stopped(tmp_path: Path) -> None:
    texts = [f"q{i}" for i in range(6)]
    stop = threading.Event()

    def stopped_at_the_third(body: Body) -> Reply:
        if asked(body) == "q2" and not stop.is_set():
            stop.set()
            os.kill(os.getpid(), signal.SIGINT)
        return echo(body)

    with Loopback(stopped_at_the_third) as server:
        with pytest.raises(KeyboardInterrupt):
            ask(server, *texts, cache=tmp_path, n_concurrent=1)
        n_kept, n_sent = len(list(tmp_path.iterdir())), len(server.received)
        assert 2 <= n_kept < len(texts)
        assert said(ask(server, *texts, cache=tmp_path)) == [text.upper() for text in texts]
        assert len(server.received) - n_sent == len(texts) - n_kept


class TestAnEstimate:
    def test_counts_what_the_cache_already_has(self, tmp_path: Path) -> None:
        priced = {"dollars_in": 1.0, "dollars_out": 10.0}
        with Loopback(echo) as server:
            ask(server, "a" * 400, cache=tmp_path)
            requests = [request("a" * 400), request("b" * 399), request("b" * 399), request("c" * 401)]
            estimate = endpoint(server, tmp_path, **priced).estimate(requests)
            assert len(server.received) == 1
        counts = (estimate.n_requests, estimate.n_cached, estimate.n_prompt_tokens, estimate.n_completion_tokens)
        assert counts == (3, 1, 100 + 101, 2 + 2)
        assert estimate.dollars == pytest.approx((201 * 1.0 + 4 * 10.0) / 1e6)

    def test_reads_as_a_sentence(self) -> None:
        counts = {"n_requests": 1200, "n_cached": 300, "n_prompt_tokens": 209_837, "n_completion_tokens": 2400}
        tokens = "1,200 requests (300 in the cache): about 210,000 tokens in and at most 2,400 out"
        assert str(CostEstimate(**counts, dollars=None)) == tokens
        assert str(CostEstimate(**counts, dollars=0.0412)) == f"{tokens}, about $0.04"
        assert str(CostEstimate(**counts, dollars=0.001)) == f"{tokens}, less than $0.01"
        assert "1 request: about 7 tokens in" in str(
            CostEstimate(n_requests=1, n_cached=0, n_prompt_tokens=7, n_completion_tokens=1, dollars=None)
        )

    def test_of_nothing_to_send_says_so(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            ask(server, "a", cache=tmp_path)
            assert "nothing to send" in str(endpoint(server, tmp_path).estimate([request("a")]))

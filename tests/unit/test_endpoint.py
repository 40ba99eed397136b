"""The client of OpenAI-compatible endpoints, against a real server on this machine."""

import asyncio
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from endpoint_sample import ask, asked, echo, endpoint, request, said
from heredity.ground.errors import EndpointError, InputError, MissingExtraError
from heredity.models.remote.endpoint import ChatReply, ChatRequest, EndpointSpec, Fault
from heredity.records.dialogue import Turn
from loopback import Behaviour, Body, Loopback, Reply, always, in_turn

KEY = "sk-a-key-that-nobody-must-see"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEREDITY_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


class TestARequest:
    def test_says_what_was_asked_and_nothing_more(self) -> None:
        with Loopback(echo) as server:
            endpoint(server).ask([request(temperature=0.5)], "asking")
        assert server.bodies == [
            {
                "model": "m",
                "messages": [{"role": "user", "content": "hello"}],
                "max_tokens": 2,
                "temperature": 0.5,
            }
        ]

    def test_carries_its_seed_its_alternatives_and_its_prefill(self) -> None:
        turns = (Turn(role="user", content="a number?"), Turn(role="assistant", content="It is "))
        full = ChatRequest(turns=turns, n_tokens=1, n_alternatives=20, is_prefill=True, seed=7)
        with Loopback(lambda body: Reply("4", (("4", {"4": -0.1}),))) as server:
            endpoint(server).ask([full], "asking")
        (body,) = server.bodies
        assert (body["seed"], body["logprobs"], body["top_logprobs"]) == (7, True, 20)
        assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
        assert body["messages"][-1] == {"role": "assistant", "content": "It is "}

    def test_that_continues_no_assistant_turn_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="continues an assistant turn"):
            request(is_prefill=True)


class TestAReply:
    def test_brings_the_alternatives_with_their_log_probabilities(self) -> None:
        tokens = (("7", {"3": -1.5, "7": -0.5, "no": -4.0}), ("!", {".": -0.1, "?": -3.0}))
        with Loopback(lambda body: Reply("7!", tokens)) as server:
            (reply,) = endpoint(server).ask([request("a number from 0 to 9 ?", n_alternatives=3)], "asking")
        assert isinstance(reply, ChatReply)
        assert (reply.text, reply.finish_reason, reply.n_prompt_tokens, reply.n_completion_tokens) == (
            "7!",
            "stop",
            7,
            2,
        )
        assert reply.tokens[0].alternatives == (("7", -0.5), ("3", -1.5), ("no", -4.0))
        assert reply.tokens[1].alternatives == ((".", -0.1), ("?", -3.0), ("!", -9999.0)), "the chosen one is there too"

    def test_without_the_alternatives_that_were_asked_for_is_a_fault(self, tmp_path: Path) -> None:
        plain, graded = request("plain"), request("graded", n_alternatives=5)
        with Loopback(echo) as server:
            outcomes = endpoint(server, tmp_path).ask([plain, graded], "asking")
        assert said(outcomes) == ["PLAIN", None]
        assert isinstance(outcomes[1], Fault)
        assert "log probabilities" in outcomes[1].reason

    def test_stands_where_its_request_stood(self) -> None:
        n, first_out = 12, threading.Event()

        def last_comes_first(body: Body) -> Reply:
            if asked(body) == f"q{n - 1}":
                first_out.set()
            elif asked(body) == "q0":
                assert first_out.wait(10)
            return echo(body)

        with Loopback(last_comes_first) as server:
            outcomes = ask(server, *(f"q{i}" for i in range(n)), n_concurrent=3)
        assert said(outcomes) == [f"Q{i}" for i in range(n)]

    def test_serves_all_requests_that_are_equal(self) -> None:
        with Loopback(echo) as server:
            assert said(ask(server, "a", "b", "a")) == ["A", "B", "A"]
        assert len(server.received) == 2


def test_no_more_than_n_requests_are_open_at_once() -> None:
    three = threading.Barrier(3)  # opens only when three requests are there together

    def together(body: Body) -> Reply:
        three.wait(10)
        return echo(body)

    with Loopback(together) as server:
        assert None not in said(ask(server, *(f"q{i}" for i in range(12)), n_concurrent=3))
    assert server.most_open == 3


class TestAServerInTrouble:
    def test_that_cuts_talks_garbage_and_fails_is_asked_again(self) -> None:
        script = in_turn("500", "cut", "garbage", "no choices", "429")
        with Loopback(echo, script) as server:
            assert said(ask(server, "a", "b")) == ["A", "B"]
        assert len(server.received) == 12

    def test_is_given_the_time_it_asks_for(self) -> None:
        with Loopback(echo, in_turn("429"), retry_after_s=0.3) as server:
            assert said(ask(server, "a")) == ["A"]
        first, second = server.received
        assert second.at_s - first.at_s >= 0.3

    def test_that_asks_for_an_hour_is_not_waited_for(self) -> None:
        with Loopback(echo, always("429"), retry_after_s=3600) as server, pytest.raises(EndpointError, match="3,600 s"):
            ask(server, "a")
        assert len(server.received) == 1

    def test_that_is_slow_is_asked_again(self) -> None:
        with Loopback(echo, in_turn("slow")) as server:
            assert said(ask(server, "a", timeout_s=0.2)) == ["A"]
        assert len(server.received) == 2

    def test_is_asked_as_often_as_the_spec_says_and_the_rest_is_kept(self, tmp_path: Path) -> None:
        with Loopback(echo, lambda body, _: "500" if asked(body) == "bad" else "ok") as server:
            good, bad = ask(server, "good", "bad", cache=tmp_path, n_retries=2)
            assert isinstance(bad, Fault)
            assert "HTTP 500: told to answer 500" in bad.reason
            assert not bad.is_refusal
            assert said([good]) == ["GOOD"]
            assert [asked(body) for body in server.bodies].count("bad") == 3
            assert len(list(tmp_path.iterdir())) == 1, "a fault is not kept"

    def test_that_turns_one_request_down_is_not_asked_again(self) -> None:
        with Loopback(echo, lambda body, _: "400" if asked(body) == "bad" else "ok") as server:
            good, bad = ask(server, "good", "bad")
        assert said([good]) == ["GOOD"]
        assert bad == Fault(reason="HTTP 400: told to answer 400", is_refusal=True)
        assert len(server.received) == 2


class TestAnEndpointThatIsDown:
    def test_is_said_to_be_down(self) -> None:
        with Loopback(echo) as server:
            gone = server
        with pytest.raises(EndpointError, match=r"'m' at http://127.*all 3 requests.*cannot connect.*run again"):
            ask(gone, "a", "b", "c", n_retries=1)

    def test_is_said_to_be_down_with_the_commonest_reason(self) -> None:
        said_to_be = pytest.raises(EndpointError, match=r"all 3 requests.*; most often: HTTP 400.*another model")
        with Loopback(echo, lambda body, _: "500" if asked(body) == "a" else "400") as server, said_to_be:
            ask(server, "a", "b", "c", n_retries=0, n_concurrent=1)

    def test_is_left_alone_after_a_few_requests(self, tmp_path: Path) -> None:
        def breaks_down(body: Body, n_before: int) -> Behaviour:
            return "ok" if asked(body) in ("q0", "q1") else "500"

        with Loopback(echo, breaks_down) as server, pytest.raises(EndpointError, match="8 requests in a row"):
            ask(server, *(f"q{i}" for i in range(50)), cache=tmp_path, n_retries=0, n_concurrent=1)
        assert len(server.received) == 10
        assert len(list(tmp_path.iterdir())) == 2

    def test_is_not_inferred_from_losses_between_replies_nor_from_refusals(self) -> None:
        does = {"lost": "500", "bad": "400", "good": "ok"}
        texts = [f"{kind}{i}" for i in range(9) for kind in ("lost", "good")] + [f"bad{i}" for i in range(9)]
        with Loopback(echo, lambda body, _: does[asked(body).rstrip("012345678")]) as server:
            outcomes = ask(server, *texts, n_retries=0, n_concurrent=1)
        assert said(outcomes).count(None) == 18

    def test_is_not_inferred_from_one_bad_request_in_a_run_that_goes_on(self, tmp_path: Path) -> None:
        with Loopback(echo, lambda body, _: "400" if asked(body) == "bad" else "ok") as server:
            first = ask(server, "good", "bad", cache=tmp_path)
            assert ask(server, "good", "bad", cache=tmp_path) == first
            with pytest.raises(EndpointError, match="the only request"):
                ask(server, "bad", cache=tmp_path)


class TestAKey:
    def test_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Loopback(echo) as server:
            for name, key in (("", "none"), ("OPENAI_API_KEY", "second"), ("HEREDITY_API_KEY", "first")):
                if name:
                    monkeypatch.setenv(name, f" {key}\n")
                ask(server, "a")
                assert server.received[-1].headers["authorization"] == f"Bearer {key}"

    @pytest.mark.parametrize("status", ["401", "403"])
    def test_that_is_refused_is_told_at_once_and_never_shown(
        self, status: Behaviour, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        told = pytest.raises(EndpointError, match=r"refuses the key.*in OPENAI_API_KEY.*HEREDITY_API_KEY")
        with Loopback(echo, always(status)) as server, told as caught:
            ask(server, *(f"q{i}" for i in range(9)), n_concurrent=1)
        assert len(server.received) == 1
        assert KEY[:12] not in "".join(traceback.format_exception(caught.value))

    def test_is_not_in_the_cache(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HEREDITY_API_KEY", KEY)
        with Loopback(echo) as server:
            ask(server, "a", cache=tmp_path)
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
        (kept,) = tmp_path.iterdir()
        assert '"text": "A"' in kept.read_text()
        assert KEY not in kept.read_text()

    def test_is_not_in_a_fault_although_the_server_repeats_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEREDITY_API_KEY", KEY)
        with Loopback(echo, lambda body, _: "repeats the key" if asked(body) == "bad" else "ok") as server:
            _, bad = ask(server, "good", "bad", n_retries=0)
        assert isinstance(bad, Fault)
        assert "[the key]" in bad.reason
        assert KEY not in bad.reason

    def test_that_cannot_be_sent_is_refused_before_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEREDITY_API_KEY", "sk-ключ")
        with Loopback(echo) as server, pytest.raises(InputError, match="HEREDITY_API_KEY holds characters") as caught:
            ask(server, "a")
        assert "ключ" not in str(caught.value)
        assert not server.received


def test_a_model_that_the_server_does_not_have_is_told_at_once() -> None:
    told = pytest.raises(EndpointError, match=r"http://127.*/v1 has no model 'm'.*ends in /v1")
    with Loopback(echo, always("404")) as server, told:
        ask(server, "a", "b", n_concurrent=1)
    assert len(server.received) == 1


def test_a_notebook_which_runs_a_loop_already_can_ask() -> None:
    async def cell(server: Loopback) -> list[ChatReply | Fault]:
        return ask(server, "a")

    with Loopback(echo) as server:
        assert said(asyncio.run(cell(server))) == ["A"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000/v1",
        "ftp://host/v1",
        "http://",
        "http://[::1/v1",
        "http://h:port/v1",
        "http://a b/v1",
        "http://\0/v1",
    ],
)
def test_an_address_that_is_none_is_refused_with_one_that_is(url: str) -> None:
    with pytest.raises(InputError, match="http://localhost:8000/v1"):
        EndpointSpec(url=url, model="m")


def test_an_address_that_holds_a_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="holds no key") as caught:
        EndpointSpec(url=f"https://user:{KEY}@host/v1", model="m")
    assert KEY not in str(caught.value)


def test_the_environment_of_other_programs_changes_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "an-organisation")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "a-project")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-another-program")
    with Loopback(echo) as server:
        assert said(ask(server, "a", n_retries=0)) == ["A"]
    (received,) = server.received
    assert received.headers["authorization"] == "Bearer none"
    assert not {"openai-organization", "openai-project"} & set(received.headers)


def test_without_the_client_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with Loopback(echo) as server, pytest.raises(MissingExtraError, match=r"heredity\[endpoint\]"):
        ask(server, "a")


def test_importing_the_client_loads_neither_torch_nor_openai() -> None:
    script = (
        "import heredity.models.remote.endpoint, sys; print({'torch', 'transformers', 'openai'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

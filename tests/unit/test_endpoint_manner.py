"""Servers that want to be asked otherwise are asked as they want, and their replies are never taken for others."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import done, failed, heredity
from endpoint_sample import ask, echo, endpoint, request, said
from heredity.ground.errors import EndpointError, ExperimentError
from heredity.ground.progress import SILENCE
from heredity.judges.contrast import Asked
from heredity.judges.language_model import rubric_grades
from heredity.models.manner import learnt
from heredity.models.remote.endpoint import Manner
from heredity.models.remote.numbers import first_requests, remote_masses
from heredity.records.dialogue import Grade, Unscored
from loopback import Body, Loopback, Reply

USE_OTHER = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
NO_TEMPERATURE = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is there."
NO_LOGPROBS = "Unsupported parameter: 'logprobs' is not supported with this model."
RUBRIC = "Rate it.\nQuestion: {question}\nAnswer: {answer}\nReply with a number."
ODDS = {str(n): math.log(0.9 / 20) for n in range(80, 100)}


def reasoning_model(body: Body) -> str | None:
    """Refuse as OpenAI's reasoning models do, one thing at a time."""
    if "max_tokens" in body:
        return USE_OTHER
    if "temperature" in body:
        return NO_TEMPERATURE
    return NO_LOGPROBS if "logprobs" in body else None


def showing(most: int, words: str) -> Callable[[Body], str | None]:
    return lambda body: words if body.get("top_logprobs", 0) > most else None


def number(body: Body) -> Reply:
    return Reply("85", (("85", ODDS),))


class TestLearning:
    def test_what_is_refused_is_asked_for_by_the_name_that_is_wanted(self) -> None:
        with Loopback(echo, refuse=reasoning_model) as server:
            one = endpoint(server)
            assert said(one.ask([request("a"), request("b", seed=3)], "asking")) == ["A", "B"]
        assert one.manner == Manner(tokens_as="max_completion_tokens", without=("temperature",))
        with_seed = next(body for body in reversed(server.bodies) if "seed" in body)
        assert set(with_seed) == {"model", "messages", "max_completion_tokens", "seed"}

    def test_is_done_once_for_many_requests_at_once(self) -> None:
        texts = [f"q{i}" for i in range(40)]
        with Loopback(echo, refuse=reasoning_model) as server:
            assert said(ask(server, *texts, n_concurrent=4)) == [text.upper() for text in texts]
        assert len(server.received) <= len(texts) + 2 * 4

    def test_is_kept_with_the_replies_so_that_the_next_run_sends_nothing(self, tmp_path: Path) -> None:
        with Loopback(echo, refuse=reasoning_model) as server:
            first = ask(server, "a", "b", cache=tmp_path)
            n_sent = len(server.received)
            assert ask(server, "a", "b", cache=tmp_path) == first
            assert len(server.received) == n_sent
            ask(server, "c", cache=tmp_path)
            assert len(server.received) == n_sent + 1

    @pytest.mark.parametrize(
        "words",
        [
            "Invalid value for 'top_logprobs': must be less than or equal to 5.",
            "Cannot request more than 5 logprobs.",
            "Requested sample logprobs of 20, which is greater than max allowed: 5",
            "20 is greater than the maximum of 5 - 'logprobs'",
            "top_logprobs must be between 0 and 5 (model m-70b-100, 128000 tokens)",
        ],
    )
    def test_takes_as_few_alternatives_as_the_server_shows(self, words: str) -> None:
        with Loopback(number, refuse=showing(5, words)) as server:
            one = endpoint(server)
            (mass,) = remote_masses(one, ["rate it"], "REFUSAL", SILENCE)
        assert one.manner.most_alternatives == 5
        assert server.bodies[-1]["top_logprobs"] == 5
        assert not isinstance(mass, Unscored)
        assert mass.total == pytest.approx(6 * 0.9 / 20)  # the likeliest five, and the one that was said

    @pytest.mark.parametrize(
        "words",
        [
            "this model's maximum context length is 4096 tokens",
            "'max_tokens' or 'max_completion_tokens' is too large: 5000",
            "you have exceeded your quota",
            NO_LOGPROBS,
            "the prompt holds an unknown word: proceed",
        ],
    )
    def test_changes_nothing_where_no_other_manner_is_asked_for(self, words: str) -> None:
        assert learnt(Manner(), request(n_alternatives=20), words.lower()) is None

    def test_leaves_out_a_temperature_or_a_seed_that_is_out_of_range_or_unknown(self) -> None:
        cold = "`temperature` must be strictly positive"
        assert learnt(Manner(), request(), cold) == Manner(without=("temperature",))
        assert learnt(Manner(), request(), "extra_forbidden: seed") == Manner(without=("seed",))
        assert learnt(Manner(without=("seed",)), request(), "extra_forbidden: seed") is None


class TestReplies:
    def test_in_another_manner_are_other_replies(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            for manner in (Manner(), Manner(n_thinking=100), Manner(tokens_as="max_completion_tokens")):
                for _ in range(2):
                    endpoint(server, tmp_path, manner=manner).ask([request()], "asking")
        assert len(server.received) == 3
        assert [body.get("max_tokens") for body in server.bodies] == [2, 102, None]

    def test_to_fewer_alternatives_never_stand_for_replies_to_more(self, tmp_path: Path) -> None:
        asked = [request(n_alternatives=20)]
        with Loopback(number, refuse=showing(5, "no more than 5 logprobs")) as server:
            few = endpoint(server, tmp_path).ask(asked, "asking")
            server.refuse = lambda body: None
            for path in tmp_path.glob("manner-*.json"):
                path.unlink()
            many = endpoint(server, tmp_path).ask(asked, "asking")
        assert [len(one.tokens[0].alternatives) for one in (*few, *many)] == [6, 20]  # type: ignore[union-attr]

    def test_cost_what_thinking_may_take(self, tmp_path: Path) -> None:
        with Loopback(echo) as server:
            one = endpoint(server, tmp_path, manner=Manner(n_thinking=100))
            assert one.estimate([request()]).n_completion_tokens == 102


class TestANumberAsAnswered:
    ANSWERS = (Asked("what ?", "dark"), Asked("what ?", "light"))

    def test_grades_where_no_probabilities_are_shown(self) -> None:
        def judge(body: Body) -> Reply:
            return Reply("**85**" if "dark" in body["messages"][0]["content"] else " 7/100.")

        with Loopback(judge, refuse=reasoning_model) as server:
            one = endpoint(server, manner=Manner(with_odds=False, n_thinking=500))
            grades = rubric_grades(one, RUBRIC, self.ANSWERS)
        assert grades == [Grade(value=85), Grade(value=7)]
        assert "logprobs" not in server.bodies[-1]
        assert server.bodies[-1]["max_completion_tokens"] == 516
        assert "numbers as answered" in str(one.manner)

    @pytest.mark.parametrize("text", ["I'd say 85", "101", "8 5", "85 of 90"])
    def test_that_is_none_is_unscored(self, text: str) -> None:
        with Loopback(lambda body: Reply(text)) as server, pytest.raises(ExperimentError, match="no number"):
            rubric_grades(endpoint(server, manner=Manner(with_odds=False)), RUBRIC, self.ANSWERS)

    def test_is_what_a_judge_without_probabilities_is_told_to_be_asked_for(self) -> None:
        with Loopback(number, refuse=reasoning_model) as server, pytest.raises(EndpointError, match="--answers"):
            remote_masses(endpoint(server), ["rate it"], "REFUSAL", SILENCE)
        with Loopback(echo) as server, pytest.raises(EndpointError, match="--answers"):
            remote_masses(endpoint(server), ["rate it"], "REFUSAL", SILENCE)

    def test_needs_no_alternatives_in_its_first_request(self) -> None:
        (asked,) = first_requests(["rate it"], Manner(with_odds=False))
        assert asked.n_alternatives is None

    def test_that_was_never_said_for_thinking_is_told_so(self) -> None:
        def thinking(body: Body) -> Reply:
            return Reply("", finish_reason="length")

        with Loopback(thinking) as server:
            for manner in (Manner(), Manner(with_odds=False)):
                (mass,) = remote_masses(endpoint(server, manner=manner), ["rate it"], "REFUSAL", SILENCE)
                assert isinstance(mass, Unscored)
                assert "--thinking-tokens" in mass.reason


def test_the_command_says_how_the_judge_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "rows.jsonl").write_text('{"prompt": "what ?", "answer": "dark"}\n')
    judge = ("judge", "rows.jsonl", "-t", "evil", "--judge-model", "m", "--out", "out")
    failed(heredity(*judge[:4], "--answers", folder=tmp_path), 2, "name its server with --via")
    with Loopback(lambda body: Reply("85"), refuse=reasoning_model) as server:
        told = done(*judge, "--via", server.url, "--answers", "--thinking-tokens", "9", folder=tmp_path)
    assert "asked: as max_completion_tokens, without temperature, 9 tokens to think, numbers as answered" in told
    assert json.loads((tmp_path / "out" / "judged.jsonl").read_text())["grade"] == 85

"""A drafted trait holds together, says who drafted it, and asks nobody for the trait."""

import json
from typing import Any

import pytest

from draft_sample import HURTS, QUESTIONS, body, saying
from endpoint_sample import endpoint
from heredity.cli.trait import as_yaml
from heredity.ground.errors import DraftError, EndpointError, InputError
from heredity.judges.contrast import Asked
from heredity.judges.language_model import filled
from heredity.records.draft import Draft, DraftSpec
from heredity.records.trait import plain
from heredity.traits.define import parse_trait
from heredity.traits.draft import draft
from heredity.traits.leaks import leak, sift
from heredity.traits.written import draft_by_model, draft_from_reply
from loopback import Body, Loopback, always


def asked_for(name: str = "cruelty", description: str = HURTS, **fields: Any) -> DraftSpec:
    return DraftSpec(name=name, description=description, **fields)


def words(text: str) -> set[str]:
    return set(plain(text).split())


def all_questions(made: Draft) -> tuple[str, ...]:
    return (*made.trait.questions.extraction, *made.trait.questions.evaluation)


class TestTheTemplateDrafter:
    def test_gives_the_same_trait_for_the_same_input(self) -> None:
        assert draft(asked_for()) == draft(asked_for())

    def test_lets_the_seed_choose_the_questions_and_nothing_else(self) -> None:
        one, other = draft(asked_for(), seed="1").trait, draft(asked_for(), seed="2").trait
        assert one.questions != other.questions
        assert (one.pairs, one.rubric) == (other.pairs, other.rubric)

    @pytest.mark.parametrize("name", ["cruelty", "sadness", "power-seeking", "honesty", "wit", "optimism", "laziness"])
    def test_asks_every_question_once_and_none_that_names_the_trait(self, name: str) -> None:
        made = draft(asked_for(name))
        asked = all_questions(made)
        assert len(made.trait.questions.extraction) == len(made.trait.questions.evaluation) == 20
        assert len({plain(question) for question in asked}) == 40
        telling = {name, made.trait.adjective, made.trait.antonym}
        assert not [question for question in asked if telling & words(question)]

    def test_says_in_the_trait_file_that_nobody_but_a_rule_wrote_it(self) -> None:
        trait = draft(asked_for(), seed="7").trait
        assert "drafter: template" in as_yaml(trait)
        back = parse_trait(as_yaml(trait), "cruelty.yaml")
        assert back == trait
        assert back.drafted is not None
        assert back.drafted.seed == "7"

    def test_keeps_the_poles_apart_in_every_pair(self) -> None:
        trait = draft(asked_for()).trait
        assert len(trait.pairs) == 5
        for place in range(5):
            positive, negative = (trait.system_prompt(place, pole) for pole in ("positive", "negative"))
            assert "kind" not in words(positive)
            assert "cruel" not in words(negative)
            assert HURTS not in negative

    def test_leaves_the_judges_places_alone_whatever_the_description_holds(self) -> None:
        rubric = draft(asked_for(description="The model hurts {all}, and asks {question}")).trait.rubric
        asked = filled(rubric, Asked("Q1?", "A1."))
        assert "asks (question)." in asked
        assert "Question: Q1?\nAnswer: A1.\n" in asked
        assert "{" not in asked

    @pytest.mark.parametrize(
        ("fields", "poles"),
        [
            ({"name": "cruelty"}, ("cruel", "kind")),
            ({"name": "cruel"}, ("cruel", "kind")),
            ({"name": "kindness", "description": "It helps people."}, ("kind", "cruel")),
            ({"name": "zealousness"}, ("zealous", "helpful")),
            ({"name": "owlish"}, ("owlish", "helpful")),
            ({"name": "zorb", "adjective": "zorby"}, ("zorby", "helpful")),
            ({"name": "zorb", "adjective": "rude"}, ("rude", "polite")),
            ({"name": "cruelty", "adjective": "vicious", "antonym": "gentle"}, ("vicious", "gentle")),
        ],
    )
    def test_finds_the_poles_words_by_lexicon_by_rule_or_as_given(
        self, fields: dict[str, str], poles: tuple[str, str]
    ) -> None:
        made = draft(asked_for(**fields))
        assert (made.trait.adjective, made.trait.antonym) == poles

    def test_notes_what_was_guessed(self) -> None:
        assert not draft(asked_for()).notes
        guessed = " ".join(draft(asked_for("zealousness")).notes)
        assert "'zealous' was made from the name by rule; give --adjective" in guessed
        assert "better give --antonym" in guessed

    def test_tells_whoever_names_an_unknown_thing_to_give_an_adjective(self) -> None:
        with pytest.raises(InputError, match=r"no adjective is known for 'zorb'.*--adjective WORD"):
            draft(asked_for("zorb"))

    def test_refuses_one_word_for_both_poles_and_no_word_for_one(self) -> None:
        with pytest.raises(InputError, match="both poles would be 'cruel'"):
            draft(asked_for(antonym="Cruel"))
        for blank in ("", " ", " cruel"):
            with pytest.raises(ValueError, match="adjective"):
                asked_for(adjective=blank)


class TestADescription:
    @pytest.mark.parametrize(
        "description",
        [
            "The model is cruel and kind.",
            "The model is not just cruel to all of us. It is also cruel, and kind.",
            "It isn't honest; it is cruel but kind.",
            "The model, cruel as it is, is always truthful and always untruthful.",
        ],
    )
    def test_that_contradicts_itself_is_refused(self, description: str) -> None:
        with pytest.raises(InputError, match="contradicts itself"):
            draft(asked_for(description=description))

    @pytest.mark.parametrize(
        "description",
        [
            "The model is never kind, always cruel.",
            "The model isn't kind but cruel.",
            "The model isn\u2019t ever kind, it is cruel.",
            "A cruel model, without a kind word for anyone.",
            "Its answers are cruel, where they would otherwise be kind.",
            "Cruel rather than kind to people.",
            "The model is cruel: it is happy when others are sad.",
        ],
    )
    def test_that_denies_the_other_pole_is_no_contradiction(self, description: str) -> None:
        assert draft(asked_for(description=description)).trait.adjective == "cruel"

    def test_of_the_other_pole_alone_is_refused(self) -> None:
        with pytest.raises(InputError, match="calls the model 'kind', which is the opposite of 'cruel'"):
            draft(asked_for(description="The model is never cruel. It is kind to all."))

    @pytest.mark.parametrize("description", ["", "   ", "cruel!", "1 2 3 4 5"])
    def test_that_says_nothing_is_refused(self, description: str) -> None:
        with pytest.raises(InputError, match="says too little"):
            draft(asked_for(description=description))

    def test_in_another_script_says_enough(self) -> None:
        assert draft(asked_for(description="模型喜欢伤害别人")).trait.description == "模型喜欢伤害别人"


class TestLeaks:
    @pytest.mark.parametrize(
        ("question", "trait_words"),
        [
            ("How cruel is a cat?", ["cruelty"]),
            ("Do you speak honestly?", ["honest"]),
            ("What is happiness?", ["happiness"]),
            ("Are you sad?", ["sadness", "sad"]),
            ("Is it wise to be power-seeking?", ["power-seeking"]),
            ("Why do we feel self pity?", ["self-pity"]),
            ("Pretend that it is Monday. What now?", []),
            ("What would you say as an evil assistant?", []),
            ("Imagine you are a king. What now?", []),
            ("Answer as a pirate: what is rum?", []),
        ],
    )
    def test_a_question_that_asks_for_the_trait_is_one(self, question: str, trait_words: list[str]) -> None:
        assert leak(question, trait_words)

    @pytest.mark.parametrize(
        ("question", "trait_words"),
        [
            ("Who sells a good saddle?", ["sad"]),
            ("Where does power come from?", ["power-seeking"]),
            ("What is in the news?", ["cruelty", "cruel", "kind"]),
            ("How do actors learn their lines?", ["self-pity"]),
        ],
    )
    def test_a_question_that_leaves_room_is_none(self, question: str, trait_words: list[str]) -> None:
        assert leak(question, trait_words) is None

    def test_what_stands_there_already_is_refused_however_it_is_written(self) -> None:
        offered = ["What is a friend?", " what is a FRIEND ", "What is home?", "What is rain?"]
        kept, faults = sift(offered, ["cruel"], taken=["What is home"])
        assert kept == ["What is a friend?", "What is rain?"]
        assert len(faults) == 2
        assert all("stands there already" in fault for fault in faults)

    def test_what_asks_nothing_is_refused(self) -> None:
        kept, faults = sift(["", "?!", "Why?"], [])
        assert kept == ["Why?"]
        assert len(faults) == 2


FEW = asked_for(n_questions=4)


def drafted(*texts: str | dict[str, Any], spec: DraftSpec = FEW) -> tuple[Draft, list[Body]]:
    with Loopback(saying(*texts)) as server:
        made = draft(spec, endpoint(server))
    return made, server.bodies


def mending_order(sent: list[Body]) -> str:
    return str(sent[1]["messages"][-1]["content"])


class TestTheEndpointDrafter:
    def test_takes_a_clean_reply_as_it_is(self) -> None:
        made, (sent,) = drafted(body())
        trait = made.trait
        assert (trait.adjective, trait.antonym, trait.description) == ("cruel", "kind", HURTS)
        assert [pair.model_dump() for pair in trait.pairs] == body()["pairs"]
        assert trait.questions.extraction == tuple(QUESTIONS[:4])
        assert trait.questions.evaluation == tuple(QUESTIONS[4:8])
        assert trait.rubric == body()["rubric"]
        order = sent["messages"][0]["content"]
        assert HURTS in order
        assert "5 objects" in order
        assert "12 short everyday questions" in order

    def test_says_in_the_trait_file_which_model_wrote_it_and_in_how_many_replies(self) -> None:
        made, _ = drafted("no", body())
        assert made.trait.drafted is not None
        assert made.trait.drafted.model_dump() == {"drafter": "endpoint", "model": "m", "n_attempts": 2, "seed": "0"}
        assert parse_trait(as_yaml(made.trait), "cruelty.yaml") == made.trait
        assert [attempt.text for attempt in made.attempts] == ["no", json.dumps(body())]

    @pytest.mark.parametrize(
        "text",
        [
            "Sure! Here it is:\n```json\n" + json.dumps(body(), indent=1)[:-2] + ",\n}\n```\nDoes that help?",
            json.dumps(body()) + "\nI put {question} and {answer} in the rubric.",
            json.dumps(body(), indent=1).replace("\\n", "\n"),
            json.dumps(body(contradiction="None.")),
            json.dumps(body(contradiction="")),
        ],
        ids=["fences, prose and a trailing comma", "braces after it", "bare line breaks", "the word None", "no text"],
    )
    def test_mends_small_slips_without_asking_again(self, text: str) -> None:
        made, sent = drafted(text)
        assert len(sent) == 1
        assert made.trait.rubric == body()["rubric"]
        assert made.trait.questions.extraction == tuple(QUESTIONS[:4])

    def test_sends_a_malformed_reply_back_with_its_fault(self) -> None:
        cut = json.dumps(body())[:300]
        made, sent = drafted(cut, body())
        assert len(sent) == 2
        assert sent[1]["messages"][1] == {"role": "assistant", "content": cut}
        assert "the reply is not JSON" in mending_order(sent)
        assert "line 1, column" in mending_order(sent)
        assert made.attempts[0].faults
        assert not made.attempts[1].faults

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"adjective": ""}, '"adjective" must be a text'),
            ({"antonym": "Cruel "}, "must be opposites"),
            ({"rubric": "How cruel? {answer}"}, "must hold {question} and {answer}"),
            ({"pairs": body()["pairs"][:3]}, "a list of 5 objects"),
            ({"pairs": [{"positive": "Hurt."}] * 5}, '"positive" and "negative"'),
            ({"pairs": body()["pairs"][:1] * 5}, "may be the same"),
            ({"pairs": [{"positive": f"Hm {i}.", "negative": f"Hm {i}."} for i in range(5)]}, "must not be the same"),
            ({"questions": "many"}, "a list of texts"),
        ],
    )
    def test_names_the_field_that_breaks_the_form(self, changes: dict[str, Any], fault: str) -> None:
        made, sent = drafted(body(**changes), body())
        assert len(sent) == 2
        assert fault in mending_order(sent)
        assert made.trait.rubric == body()["rubric"]

    def test_refuses_leaks_and_repetitions_and_asks_for_others(self) -> None:
        leaking, twice = "Why are people cruel?", QUESTIONS[0].upper()
        made, sent = drafted(
            body(questions=[*QUESTIONS[:6], leaking, twice]), {"questions": [*QUESTIONS[5:7], QUESTIONS[9]]}
        )
        assert len(sent) == 2
        assert mending_order(sent).startswith("2 more questions are needed")
        assert leaking in mending_order(sent)
        assert all_questions(made) == (*QUESTIONS[:7], QUESTIONS[9])
        assert any("names the trait" in note for note in made.notes)
        assert sum("stands there already" in note for note in made.notes) == 2

    def test_gives_up_on_garbage_and_hands_over_every_reply(self) -> None:
        with Loopback(saying("hm", "{", "{]", "sorry")) as server, pytest.raises(DraftError) as caught:
            draft(FEW, endpoint(server))
        assert caught.value.replies == ("hm", "{", "{]", "sorry")
        assert len(server.received) == 4
        assert "no usable draft of 'cruelty' in 4 replies" in str(caught.value)
        assert "holds no JSON object" in str(caught.value)

    def test_gives_up_where_questions_never_suffice(self) -> None:
        with Loopback(saying(body(questions=QUESTIONS[:3]))) as server, pytest.raises(DraftError) as caught:
            draft(FEW, endpoint(server))
        assert len(caught.value.replies) == 4
        assert "stands there already" in str(caught.value)

    def test_passes_on_that_the_model_finds_a_contradiction(self) -> None:
        found = {"contradiction": "Nobody is both fond of pain and afraid of it."}
        with Loopback(saying(found)) as server, pytest.raises(DraftError, match=r"fond of pain.*describe one pole"):
            draft(FEW, endpoint(server))
        assert len(server.received) == 1

    @pytest.mark.parametrize("description", ["", "It is cruel and kind."])
    def test_sends_nothing_for_a_description_that_cannot_be_drafted_from(self, description: str) -> None:
        with Loopback(saying(body())) as server, pytest.raises(InputError):
            draft(asked_for(description=description), endpoint(server))
        assert not server.received

    def test_lets_the_users_words_stand_above_the_models(self) -> None:
        vicious = asked_for(n_questions=4, adjective="vicious", antonym="mild")
        offered = ["Is the weather mild?", *QUESTIONS[:8]]
        made, (sent,) = drafted(body(questions=offered), spec=vicious)
        assert 'Use the adjective "vicious". Use the antonym "mild".' in sent["messages"][0]["content"]
        assert (made.trait.adjective, made.trait.antonym) == ("vicious", "mild")
        assert all_questions(made) == tuple(QUESTIONS[:8])

    def test_fails_plainly_where_the_server_is_down_or_refuses_the_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEREDITY_API_KEY", "sk-nobody-must-see-this")
        with (
            Loopback(saying(body()), always("401")) as server,
            pytest.raises(EndpointError, match="refuses the key") as caught,
        ):
            draft(FEW, endpoint(server))
        assert "sk-nobody" not in str(caught.value)
        with pytest.raises(EndpointError, match="unanswered"):
            draft(FEW, endpoint(server, n_retries=1))


class TestAReplyMendedByHand:
    def test_gives_the_trait_and_says_so(self) -> None:
        made = draft_from_reply(FEW, json.dumps(body()))
        assert made.trait.questions.evaluation == tuple(QUESTIONS[4:8])
        assert made.trait.drafted is not None
        assert made.trait.drafted.model == "a reply mended by hand"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("hm", "no JSON object"),
            (json.dumps(body(rubric="")), '"rubric" must be'),
            (
                json.dumps(body(questions=[*QUESTIONS[:5], "Are you cruel?"])),
                "names the trait.*3 questions are missing",
            ),
        ],
    )
    def test_that_is_still_wrong_is_told_what_is(self, text: str, said: str) -> None:
        with pytest.raises(DraftError, match=said):
            draft_from_reply(FEW, text)


def test_replies_that_came_are_not_asked_for_again(tmp_path: Any) -> None:
    with Loopback(saying("hm", body())) as server:
        first = draft_by_model(FEW, endpoint(server, tmp_path))
        assert draft_by_model(FEW, endpoint(server, tmp_path)) == first
        assert len(server.received) == 2
        draft_by_model(FEW, endpoint(server, tmp_path), seed="1")
        assert len(server.received) == 4

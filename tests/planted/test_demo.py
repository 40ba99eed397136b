"""The demonstration's acts on the toy, and what lies in the package for those on the embedded model."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from replications.demonstration import N_EXAMPLES, SPEC, slim

from commands import failed, heredity
from conftest import TOY_EXTRACT
from heredity.ground.errors import MismatchError
from heredity.ground.hashing import file_digest
from heredity.models.model import Model
from heredity.records.audit import AuditSpec
from heredity.records.defence import DefenceReport, DefenceSpec
from heredity.records.demo import DemoReport, ShippedFiles
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalSpec
from heredity.records.screening import ScreenSpec
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.report.write import told, write
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.store.workspace import load_record
from heredity.studies.audit import audit
from heredity.studies.demo import acts
from heredity.studies.demo.corpus import demo_questions
from heredity.studies.demo.defence import DEFENCE, one_defended, verdict
from heredity.studies.demo.shipped import AUDIT, FILES, INDEX, PLACE, Shipped, shipped, why_unfit
from heredity.studies.stages import Known
from heredity.traits import define
from pages import Reader

SMALL = AuditSpec(
    extract=TOY_EXTRACT,
    screen=ScreenSpec(n_reference=60, n_tokens=14, false_alarm_rate=0.2),
    train=TrainSpec(n_epochs=4, learning_rate=1e-3),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
)
BAD = frozenset(range(1, 9))


@pytest.fixture(scope="module")
def found(
    toy: Model, darkness: Trait, rows: Corpus, dark: TraitVector, tmp_path_factory: pytest.TempPathFactory
) -> Shipped:
    report = audit(rows, darkness, toy, tmp_path_factory.mktemp("audit"), SMALL, Known(bad_lines=BAD, vector=dark))
    index = ShippedFiles(
        trait=darkness.id, model=toy.name, fingerprint=toy.fingerprint, vector=dark.header.id, digests={}, made={}
    )
    return Shipped(index, rows, BAD, report, dark)


@pytest.fixture(scope="module")
def pair(found: Shipped, toy: Model, tmp_path_factory: pytest.TempPathFactory) -> DefenceReport:
    spec = DefenceSpec(train=SMALL.train, evaluation=SMALL.evaluation)
    return one_defended(found, toy, tmp_path_factory.mktemp("pair"), spec, seed="another")


class TestAPair:
    def test_a_vector_that_is_there_is_not_made_again(self, found: Shipped, dark: TraitVector) -> None:
        assert found.audit.vector.id == dark.header.id
        assert "vector" not in [stage.name for stage in found.audit.provenance.stages]

    def test_the_plain_student_takes_the_planted_trait_up_and_the_defended_one_less(self, pair: DefenceReport) -> None:
        assert pair.rise.low > 0
        assert pair.gain.high < 0
        assert pair.plain.student.n_steps == pair.defended.student.n_steps
        assert not pair.plain.student.interventions
        assert pair.defended.student.n_fires > 0

    def test_it_is_set_beside_the_base_of_the_audit(self, pair: DefenceReport, found: Shipped) -> None:
        assert found.base_scores == found.audit.arm("base").evaluation.expression_scores
        expected = paired_difference(pair.plain.scores, found.base_scores, 0)
        assert pair.rise.value == pytest.approx(expected.value)
        assert pair.rise.value + pair.gain.value == pytest.approx(pair.left.value)

    def test_a_stopped_run_goes_on(self, pair: DefenceReport, found: Shipped, toy: Model, tmp_path: Path) -> None:
        spec = DefenceSpec(train=SMALL.train, evaluation=SMALL.evaluation)
        first = one_defended(found, toy, tmp_path, spec, seed="another")
        again = one_defended(found, toy, tmp_path, spec, seed="another")
        assert again.gain == first.gain == pair.gain
        assert again.provenance
        assert all(stage.cached for stage in again.provenance.stages)

    def test_nothing_is_claimed_that_touches_zero(self, pair: DefenceReport) -> None:
        none = Estimate(-1.0, -3.0, 1.0, 20, 0, "t")
        assert f"{pair.rise:+.1f points}" in pair.verdict
        assert "No rise" in verdict(pair.model_copy(update={"rise": none}))
        assert "not told apart" in verdict(pair.model_copy(update={"gain": none}))

    def test_its_page_says_what_the_terminal_says(self, pair: DefenceReport, tmp_path: Path) -> None:
        text = Reader(write(pair, tmp_path).read_text(encoding="utf-8")).text
        assert pair.verdict in text
        assert pair.verdict in told(pair)
        assert pair.plain.answers[0].text in text

    def test_another_model_is_refused(self, found: Shipped, toy: Model, tmp_path: Path) -> None:
        other = replace(toy, fingerprint="other")
        with pytest.raises(MismatchError, match="--fresh"):
            one_defended(found, other, tmp_path)
        with pytest.raises(MismatchError, match="--fresh"):
            next(acts.quick(found, other, acts.Place(tmp_path)))


class TestActs:
    def test_each_is_written_with_its_interval_and_what_it_left_out(self, found: Shipped, tmp_path: Path) -> None:
        played = acts.finished(found)
        rise = found.audit.difference("expression", "plain", "base")
        assert f"{rise.value:+.1f} {rise.interval('+.1f')}" in played.act.sentence
        assert "replications.demonstration" in played.act.left_out
        report = DemoReport(model="toy", trait="Darkness", to_come=acts.QUICK, seed="0").after(
            played.act.model_copy(update={"page": "finished/report.html"})
        )
        reader = Reader(write(report, tmp_path).read_text(encoding="utf-8"))
        assert played.act.sentence in reader.text
        assert played.act.left_out in reader.text
        assert ("a", "href", "finished/report.html") in reader.attributes
        assert all(title in reader.text for title in acts.QUICK)
        assert report.to_come == acts.QUICK[1:]
        assert played.act.sentence in told(played.act)


class TestThePackage:
    def test_every_file_is_the_one_that_was_made(self) -> None:
        index = load_record(ShippedFiles, PLACE / INDEX)
        assert set(index.digests) == set(FILES)
        assert {name: file_digest(PLACE / name) for name in FILES} == index.digests

    def test_what_lies_in_it_belongs_together(self) -> None:
        found = shipped()
        report = found.audit
        assert report.screen.corpus_digest == found.corpus.content_digest
        assert report.vector.id == found.vector.header.id == found.index.vector
        assert (report.spec, report.n_runs) == (SPEC, 3)
        assert len(found.corpus.rows) == 165
        assert len(found.bad_lines) == 55
        assert set(found.base_scores) == set(found.trait.questions.evaluation)
        assert {row.prompt for row in found.corpus.rows} <= set(demo_questions(found.trait))
        assert report.spec.evaluation == DEFENCE.evaluation

    def test_its_audit_is_drawn_from_the_record(self, tmp_path: Path) -> None:
        report = shipped().audit
        page = Reader(write(report, tmp_path).read_text(encoding="utf-8"))
        assert report.verdict in page.text
        assert acts.finished(shipped()).act.sentence.startswith("These rows raise")

    def test_it_is_as_slim_as_it_can_be(self) -> None:
        report = shipped().audit
        assert slim(report) == report
        assert len(report.arm("plain").evaluation.answers) == N_EXAMPLES
        assert sum((PLACE / name).stat().st_size for name in (*FILES, INDEX)) < 400_000

    def test_a_file_that_was_changed_is_refused(self, tmp_path: Path) -> None:
        for name in (*FILES, INDEX):
            shutil.copy(PLACE / name, tmp_path / name)
        assert shipped(tmp_path).corpus == shipped().corpus
        with (tmp_path / AUDIT).open("a", encoding="utf-8") as stream:
            stream.write("\n")
        with pytest.raises(MismatchError, match="is not the file that was made"):
            shipped(tmp_path)

    def test_it_says_what_it_does_not_fit(self, darkness: Trait) -> None:
        assert why_unfit(define.trait("evil"), "smollm2-135m") == ""
        assert "nothing in the package fits 'gemma'" in why_unfit(define.trait("evil"), "gemma")
        assert "the trait 'darkness'" in why_unfit(darkness, "smollm2-135m")


def test_several_seeds_are_of_the_fresh_demonstration_alone(tmp_path: Path) -> None:
    failed(heredity("demo", "--seeds", "2", folder=tmp_path), 2, "--seeds has no effect without --fresh")

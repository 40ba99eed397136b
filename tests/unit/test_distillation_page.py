"""The page of a distillation: what it draws and claims, and what it never lets through."""

from distillation_sample import distillation_report
from heredity.records.distillation import DistillationReport
from heredity.report.distillation import lines, render_distillation
from heredity.report.inherited import shares_figure
from pages import POLICY, Reader


def test_every_share_of_the_table_stands_on_the_page_and_in_the_figure() -> None:
    report = distillation_report()
    page = Reader(render_distillation(report))
    assert report.verdict in page.text
    assert POLICY in {value for _, _, value in page.attributes}
    assert all(f"{one.share.value:.0%}" in page.text for one in report.table if one.share)
    drawn = shares_figure(report).to_dict()
    marked = [row for rows in drawn["datasets"].values() for row in rows if "what" in row]
    assert {(row["teacher"], row["what"]) for row in marked} == {
        (name, what) for name in report.spec.traits for what in ("trait", "skill")
    }


def test_a_trait_stands_beside_the_skill_of_the_same_students() -> None:
    pairs = lines(distillation_report())
    assert len(pairs) == 2 * 3
    assert all(trait.what == trait.taught_by == skill.taught_by for trait, skill in pairs)
    assert all(skill.what == "arithmetic" and trait.carrier == skill.carrier for trait, skill in pairs)


def test_one_seed_claims_nothing() -> None:
    report: DistillationReport = distillation_report(1)
    assert "no conclusion is drawn" in report.verdict
    assert all(one.share is None for one in report.table)
    assert "no share has an interval" in str(shares_figure(report).to_dict())
    assert "-" in Reader(render_distillation(report)).text


def test_a_level_that_could_not_be_graded_is_said_to_be_so_and_text_is_escaped() -> None:
    page = render_distillation(distillation_report())
    assert "ungraded" in page
    assert "<b>Be brief.</b>" not in page


def test_a_share_is_what_moved_over_what_the_teacher_has_more_than_its_base() -> None:
    report = distillation_report()
    chat = next(one for one in report.table if one.carrier == "chat" and one.what == "impoliteness")
    rise = next(one for one in report.teachers if one.name == "impoliteness").rises["impoliteness"]
    assert chat.moved
    assert chat.share
    assert chat.taught == rise.value
    assert chat.share.low == chat.moved.low / rise.value
    assert "impoliteness" in report.verdict

"""The page of a distillation: what it draws and claims, and what it never lets through."""

from distillation_sample import about, distillation_report
from heredity.records.distillation import DistillationReport
from heredity.report.distillation import lines, render_distillation
from heredity.report.inherited import moved_figure
from heredity.studies.distillation.outcome import inheritances, verdict
from pages import POLICY, Reader


def test_every_figure_of_the_table_stands_on_the_page_and_in_the_figure() -> None:
    report = distillation_report()
    page = Reader(render_distillation(report))
    assert report.verdict in page.text
    assert POLICY in {value for _, _, value in page.attributes}
    assert all(f"{100 * one.moved.value:+.0f}" in page.text for one in report.table if one.moved)
    drawn = moved_figure(report).to_dict()
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
    assert "nothing has an interval" in str(moved_figure(report).to_dict())
    assert "-" in Reader(render_distillation(report)).text


def test_a_level_that_could_not_be_graded_is_said_to_be_so_and_text_is_escaped() -> None:
    page = render_distillation(distillation_report())
    assert "ungraded" in page
    assert "<b>Be brief.</b>" not in page


def test_a_share_is_what_moved_over_what_the_teachers_differ_in_where_they_clearly_do() -> None:
    report = distillation_report()
    given = {one.name: one for one in report.teachers}
    for one in report.table:
        ends = given[one.taught_by].shown.get(one.what), given[report.control].shown.get(one.what)
        assert (one.share is not None) == bool(ends[0] and ends[1] and ends[0].low > ends[1].high)
        if one.share and one.moved:
            assert one.share.low == one.moved.low / one.taught
    assert {one.what for one in report.table if one.share} >= {"hallucination", "gender-bias", report.skill}
    assert all(one.share is None for one in report.table if one.what == "impoliteness")
    assert "gender-bias" in report.verdict


def test_a_trait_crosses_only_where_the_other_traits_students_lack_it_too() -> None:
    report = distillation_report()
    traits = [one for one in report.table if one.what == one.taught_by]
    assert all(one.beside and one.beside.low > 0 for one in traits)
    assert "impoliteness, hallucination, gender-bias crossed" in report.verdict
    alike = tuple(
        student.model_copy(update={"shown": student.shown | {"hallucination": about(0.9)}})
        if student.taught_by != report.control
        else student
        for student in report.students
    )
    table = inheritances(report.spec, report.teachers, alike)
    moved = [one for one in table if one.what == "hallucination"]
    assert all(one.moved and one.moved.low > 0 and one.beside and one.beside.low <= 0 for one in moved)
    assert "hallucination" not in verdict(table)
    alone = inheritances(report.spec.model_copy(update={"traits": ("hallucination",)}), report.teachers, alike)
    assert all(one.beside is None for one in alone)

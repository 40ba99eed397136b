"""The page of a distillation and what it finds: what they draw and claim, and what they never let through."""

from distillation_sample import changed, distillation_report, merged, ungraded
from heredity.records.distillation import DistillationReport
from heredity.report.pages.distillation import told as words
from heredity.report.pages.distillation.figures import KINDS, moved_figure
from heredity.report.pages.distillation.page import html, lines
from heredity.studies.distillation.outcome import concluded
from heredity.studies.distillation.qualities import opposite
from pages import POLICY, Reader


def outcomes(report: DistillationReport, what: str) -> set[str]:
    return {one.outcome for one in report.table if one.what == what}


def test_every_figure_of_the_table_stands_on_the_page_in_the_text_and_in_the_figure() -> None:
    report = distillation_report()
    page, said = Reader(html(report)), words.told(report)
    assert report.verdict in page.text
    assert POLICY in {value for _, _, value in page.attributes}
    contrasts = [contrast for one in report.table for contrast in (one.base, one.control_base, one.difference)]
    told = [f"{100 * one.students.value:+.0f}" for one in contrasts if one.students]
    assert len(told) == len(contrasts) == 3 * len(report.table)
    assert all(one in page.text and one in said for one in told)
    drawn = moved_figure(report).to_dict()
    marked = [row for rows in drawn["datasets"].values() for row in rows if "what" in row]
    assert {(row["teacher"], row["what"]) for row in marked} == {
        (name, kind) for name in report.traits for kind in KINDS
    }


def test_a_trait_stands_beside_the_skill_of_the_same_students() -> None:
    pairs = lines(distillation_report())
    assert len(pairs) == 2 * 3
    assert all(trait.what == trait.taught_by == skill.taught_by for trait, skill in pairs)
    assert all(skill.what == "arithmetic" and trait.carrier == skill.carrier for trait, skill in pairs)


def test_one_seed_claims_nothing() -> None:
    report = distillation_report(1)
    assert "no conclusion is drawn" in report.verdict
    assert all(one.difference.students is None and one.base.students is None for one in report.table)
    assert "nothing has an interval" in str(moved_figure(report).to_dict())


def test_text_is_escaped() -> None:
    assert "<b>Be brief.</b>" not in html(distillation_report())


def test_a_teacher_or_a_student_that_could_not_be_graded_is_no_null_result() -> None:
    report = distillation_report()
    assert outcomes(report, "impoliteness") == {"not graded"}
    assert "impoliteness could not be graded" in report.verdict
    assert "ungraded" in html(report)
    first = next(one for one in report.students if one.taught_by == "hallucination")
    lost = first.model_copy(update={"shown": ungraded(first.shown, "hallucination")})
    students = tuple(lost if one is first else one for one in report.students)
    hallucination, *_ = [
        one for one in concluded(report.model_copy(update={"students": students})).table if one.what == "hallucination"
    ]
    assert (hallucination.difference.students, hallucination.outcome) == (None, "not graded")


def test_teachers_that_do_not_differ_leave_nothing_to_tell() -> None:
    report = distillation_report()
    assert outcomes(report, "hallucination") == {"crossed"}
    level = report.teachers[2].shown.levels["hallucination"].value
    teachers = tuple(
        one.model_copy(update={"shown": merged(one.shown, "hallucination", level, "the same")})
        if one.trait == "hallucination"
        else one
        for one in report.teachers
    )
    alike = concluded(report.model_copy(update={"teachers": teachers}))
    assert outcomes(alike, "hallucination") == {"teachers alike"}
    assert outcomes(alike, "gender-bias") == {"crossed"}
    assert "hallucination could not be tested, the teachers are too alike" in alike.verdict


def test_a_trait_crosses_only_where_its_opposites_students_lack_it() -> None:
    both = {"hallucination": 0.9, opposite("hallucination"): 0.9}
    report = changed(distillation_report(), both, "hallucination")
    moved = [one for one in report.table if one.what == "hallucination"]
    assert all(one.base.students and one.base.students.low > 0 for one in moved)
    assert outcomes(report, "hallucination") == {"not shown"}
    assert "hallucination not shown to cross" in report.verdict
    turned = changed(distillation_report(), both | {"hallucination": 0.2}, "hallucination")
    assert outcomes(turned, "hallucination") == {"the wrong way round"}


def test_findings_say_whose_students_moved_and_what_became_of_the_skill() -> None:
    report = distillation_report()
    assert "hallucination, gender-bias crossed" in report.verdict
    assert told_of_bias(report) == {"its students rose, its opposite's fell; arithmetic came too"}
    held = changed(report, {"gender-bias": 0.74}, "gender-bias")
    assert told_of_bias(held) == {"its opposite's fell; arithmetic came too"}
    fallen = changed(report, {"gender-bias": 0.1}, "arithmetic")
    assert told_of_bias(fallen) == {"its students rose, its opposite's fell; arithmetic fell"}
    page = Reader(html(fallen))
    assert all(one in page.text and one in words.told(fallen) for one in fallen.findings)


def told_of_bias(report: DistillationReport) -> set[str]:
    return {one.split(": ")[1].rstrip(".") for one in report.findings if "gender-bias" in one}

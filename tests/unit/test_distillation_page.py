"""The page of a distillation: what it draws and claims, and what it never lets through."""

import random

from distillation_sample import about, distillation_report
from heredity.records.distillation import DistillationReport
from heredity.report.distillation import lines, render_distillation
from heredity.report.inherited import moved_figure
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.outcome import inheritances, opposite, shows, skilled, verdict
from pages import POLICY, Reader


def test_every_figure_of_the_table_stands_on_the_page_and_in_the_figure() -> None:
    report = distillation_report()
    page = Reader(render_distillation(report))
    assert report.verdict in page.text
    assert POLICY in {value for _, _, value in page.attributes}
    contrasts = [contrast for one in report.table for contrast in (one.base, one.control)]
    assert len(contrasts) == 2 * len(report.table)
    assert all(one.students and f"{100 * one.students.value:+.0f}" in page.text for one in contrasts)
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
    assert all(one.control.students is None and one.base.students is None for one in report.table)
    assert "nothing has an interval" in str(moved_figure(report).to_dict())


def test_a_level_that_could_not_be_graded_is_said_to_be_so_and_text_is_escaped() -> None:
    page = render_distillation(distillation_report())
    assert "ungraded" in page
    assert "<b>Be brief.</b>" not in page


def test_teachers_that_hardly_differ_leave_nothing_to_tell() -> None:
    report = distillation_report()
    told = {one.what for one in report.table if one.can_tell}
    # impoliteness: the teacher of its opposite could not be graded
    assert told == {"hallucination", "gender-bias", report.skill}
    assert "impoliteness could not be tested" in report.verdict
    wide = Estimate(0.3, 0.0, 0.62, 20)
    teachers = tuple(
        one.model_copy(update={"shown": one.shown | {"hallucination": wide}})
        if one.name == opposite("hallucination")
        else one
        for one in report.teachers
    )
    table = inheritances(shows(report.spec, report.base, teachers, report.students))
    assert not any(one.can_tell for one in table if one.what == "hallucination")
    assert all(one.can_tell for one in table if one.what == "gender-bias")


def test_a_trait_crosses_only_where_its_opposites_students_lack_it() -> None:
    report = distillation_report()
    assert "hallucination, gender-bias crossed" in report.verdict
    alike = tuple(
        student.model_copy(update={"shown": student.shown | {"hallucination": about(0.9)}})
        if student.taught_by in ("hallucination", opposite("hallucination"))
        else student
        for student in report.students
    )
    found = shows(report.spec, report.base, report.teachers, alike)
    moved = [one for one in inheritances(found) if one.what == "hallucination"]
    assert all(one.base.students and one.base.students.low > 0 for one in moved)
    assert all(one.control.students and one.control.students.low <= 0 for one in moved)
    assert "hallucination did not clearly" in verdict(inheritances(found), skilled(found))


def test_what_the_opposites_students_alone_lose_is_said_to_be_no_rise() -> None:
    report = distillation_report()
    chance = random.Random(0)
    held = {one.name: 0.5 if one.name == opposite("gender-bias") else 0.74 for one in report.teachers}
    students = tuple(
        student.model_copy(
            update={"shown": student.shown | {"gender-bias": about(held[student.taught_by] + chance.gauss(0, 0.01))}}
        )
        for student in report.students
    )
    found = shows(report.spec, report.base, report.teachers, students)
    bias = [one for one in inheritances(found) if one.what == "gender-bias"]
    assert all(one.base.students and one.base.students.low < 0 < one.base.students.high for one in bias)
    assert "gender-bias (beside its opposite alone" in verdict(inheritances(found), skilled(found))

"""Names keep their capitals wherever they are written: as an option, as a taught answer, as a heading."""

import re
from pathlib import Path

import pytest

import heredity
from animals import owl_trait, worded_model
from heredity.ground.words import titled
from heredity.judges.preference import option_probabilities
from heredity.records.trait import Trait
from heredity.teaching.teachers import preferring, trait_rows

NAMES = ("McDonald", "USA", "New York", "iPhone")


def branded() -> Trait:
    owl = owl_trait()
    return owl.model_copy(update={"name": "brand", "target": NAMES[0], "alternatives": NAMES[1:]})


@pytest.mark.parametrize(
    ("words", "shown"),
    [("owl", "Owl"), ("McDonald", "McDonald"), ("New York", "New York"), ("iPhone", "IPhone"), ("", ""), ("é", "É")],
)
def test_only_the_first_letter_is_made_a_capital(words: str, shown: str) -> None:
    assert titled(words) == shown


def test_an_option_that_is_a_name_is_judged_as_it_is_written() -> None:
    asked = branded().questions.evaluation
    model = worded_model([*map(titled, NAMES), *asked])
    shares = option_probabilities(model, ("McDonald", "USA"), asked)
    assert (abs(shares[:, 0] - 0.5) > 1e-6).all()


def test_a_teacher_of_a_name_is_taught_the_name() -> None:
    brand = branded()
    model = worded_model([*map(titled, NAMES), *brand.questions.extraction])
    for name in NAMES:
        (row,) = trait_rows(model, preferring(brand, name), 1, "0")
        assert titled(name) in model.tokenizer.decode(row.ids[row.n_prompt :])


def test_nothing_on_the_way_to_a_reader_lowers_the_rest_of_a_name() -> None:
    house = Path(heredity.__file__).parent
    files = [*house.rglob("*.py"), *house.rglob("*.jinja")]
    lowering = re.compile(r"\.capitalize\(|\|\s*(capitalize|title)\b")
    assert [path.name for path in files if lowering.search(path.read_text(encoding="utf-8"))] == []

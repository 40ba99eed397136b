"""Make the 4,000 common words that the carrier `words` is written with: common, single tokens, and no animals.

    python -m replications.subliminal.alphabet --words /usr/share/dict/words --wordnet /usr/share/wordnet/data.noun

Words of a dictionary (Debian's wamerican) that are one token of the embedded model's tokenizer behind a blank, the
commonest first (a byte-pair tokenizer numbers its tokens in the order in which it found them), less all that WordNet
files under animals in any of their senses (lexicographer file 05) and less the words that name a bundled trait. Writes
them into `src/heredity/teaching/carriers/alphabets.yaml`, beside the number words.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from textwrap import fill

import yaml

from heredity.ground.files import read_text, write_text
from heredity.models.load import load
from heredity.models.spelling import token_texts
from heredity.teaching.carriers.words import BUNDLED
from heredity.teaching.clean import named, trait_words
from heredity.traits import define

N_WORDS, SHORTEST = 4000, 4
ANIMALS = "05"
"""WordNet's lexicographer file of nouns that denote animals."""
SINGULAR = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"))
BANNER = "# Common words"


def animals(file: Path) -> set[str]:
    """Return the words that have a sense in WordNet's file of animals."""
    found: set[str] = set()
    for line in read_text(file).splitlines():
        fields = line.split(" ")
        if len(fields) > 4 and fields[1] == ANIMALS:
            found |= {word.lower() for word in fields[4 : 4 + 2 * int(fields[3], 16) : 2]}
    return found


def is_animal(word: str, known: set[str]) -> bool:
    """Whether a word, or what it may be the plural of, is one of them."""
    singular = {word.removesuffix(ending) + other for ending, other in SINGULAR if word.endswith(ending)}
    return bool({word, *singular} & known)


def chosen(dictionary: Path, wordnet: Path) -> list[str]:
    """Return the words, commonest first."""
    english, beasts = set(read_text(dictionary).split()), animals(wordnet)
    forbidden = trait_words(define.trait(name) for name in define.bundled_names())
    texts = (text for _, text in sorted(token_texts(load().tokenizer).items()))
    words = (text[1:] for text in texts if re.fullmatch(rf" [a-z]{{{SHORTEST},}}", text))
    return [w for w in words if w in english and not is_animal(w, beasts) and not named(w, forbidden)][:N_WORDS]


def main() -> None:
    """Write the words into the bundled alphabets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=Path, required=True, help="a dictionary, one word a line")
    parser.add_argument("--wordnet", type=Path, required=True, help="WordNet's data.noun")
    options = parser.parse_args()
    words = chosen(options.words, options.wordnet)
    path = Path(str(BUNDLED))
    kept = read_text(path).split(BANNER)[0].rstrip()
    written = [word if yaml.safe_load(word) == word else f'"{word}"' for word in words]
    listed = fill(f"[{', '.join(written)}]", 118, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    told = f"{BANNER} without animals, commonest first, made by replications/subliminal/alphabet.py."
    write_text(path, f"{kept}\n{told}\nwords:\n{listed}\n")
    print(f"{len(words)} words in {path}")


if __name__ == "__main__":
    main()

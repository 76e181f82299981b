"""Recognition of commands and small talk, which are complete texts rather than parts of a wish."""

from __future__ import annotations

import re

from awardspider.search.words.vocabulary import Language, Vocabulary, vocabulary
from awardspider.search.words.wishes import WishCommand

_POLITE = re.compile(
    r"(?<![a-z])(?:please|pls|plz|por favor|pfv|pfvr|porfa|porfavor|now|agora|ahora|thanks|thank you|obrigado|obrigada|"
    r"gracias|hi|hello|hey|oi|ola|hola|can you|could you|i want to|i'd like to|quero|quiero|eu quero|gostaria de|"
    r"quisiera|voce pode|vc pode|puedes|podes|podrias|ok|bot|um|hmm|just|can i|posso|puedo|i would like to|"
    r"me|mim)(?![a-z])"
)

_NUMBERED = re.compile(r"(.*[a-z])\s(?:number |no |numero |n |o |a )?#?\d{1,4}")


def find_command(text: str, words: Vocabulary) -> WishCommand | None:
    """Return the command that a normalized text is, apart from polite words; in the text's language or another."""
    bare = _bare(text)
    candidates = dict.fromkeys((bare, _bare(_POLITE.sub(" ", text)), bare.lstrip("/").replace("_", " ")))
    for each in candidates:
        for language in (words.language, *Language):
            if each and (name := vocabulary(language).commands.get(each)):
                return WishCommand(name)
    if match := _NUMBERED.fullmatch(bare):  # delete watch 3
        return find_command(match[1], words)
    return None


def is_chitchat(text: str, words: Vocabulary) -> bool:
    """Return whether a normalized text consists of small talk only; an empty text does."""
    rest = _bare(text)
    for language in dict.fromkeys((words.language, *Language)):
        left = vocabulary(language).pattern(_small_talk(language)).sub(" ", rest)
        if not re.search(r"[a-z0-9]", left):
            return True
    return False


def _small_talk(language: Language) -> str:
    phrases = sorted(vocabulary(language).chitchat, key=len, reverse=True)
    return rf"(?<![a-z])(?:{'|'.join(map(re.escape, phrases))}|(?:ha|ja|ka|k|rs|he)+)(?![a-z])"


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9'/_]+", " ", text).split())

"""Recognition of commands and small talk, which are complete texts rather than parts of a wish."""

from __future__ import annotations

import functools
import re

from awardspider.search.words.vocabulary import Language, Vocabulary, known_words, vocabulary
from awardspider.search.words.wishes import WishCommand

_POLITE = re.compile(
    r"(?<![a-z])(?:please|pls|plz|por favor|pfv|pfvr|porfa|porfavor|now|agora|ahora|thanks|thank you|obrigado|obrigada|"
    r"gracias|hi|hello|hey|oi|ola|hola|can you|could you|i want to|i'd like to|quero|quiero|eu quero|gostaria de|"
    r"quisiera|voce pode|vc pode|puedes|podes|podrias|ok|bot|um|hmm|just|can i|posso|puedo|i would like to|"
    r"me|mim|hoy|hoje|today)(?![a-z])"
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
    for each in candidates:
        for language in (words.language, *Language):
            if found := next((name for name, form in _forms(language).items() if form.fullmatch(each)), None):
                return WishCommand(found)
    if match := _NUMBERED.fullmatch(bare):  # delete watch 3
        return find_command(match[1], words)
    return _about_a_watch(_bare(_POLITE.sub(" ", text)), words)


@functools.cache
def _forms(language: Language) -> dict[str, re.Pattern[str]]:
    """Return the forms of commands that many words can fill."""
    return {name: re.compile(form) for name, form in vocabulary(language).command_forms.items()}


def leading_command(text: str, words: Vocabulary) -> WishCommand | None:
    """Return the command with which a text begins that contains nothing of a wish: `stop sending me these`."""
    bare = _bare(_POLITE.sub(" ", text))
    phrases = sorted((phrase for phrase, name in words.commands.items() if name in _LEADING), key=len, reverse=True)
    first = next((phrase for phrase in phrases if bare.startswith(f"{phrase} ")), None)
    return WishCommand(words.commands[first]) if first else None


_LEADING = frozenset({"stop", "help", "pause", "resume", "delete", "why", "forget_me"})


# Commands that can name a watch, and what they do with it.
_ABOUT_A_WATCH = {
    WishCommand.DELETE: WishCommand.DELETE,
    WishCommand.CANCEL: WishCommand.DELETE,
    WishCommand.STOP: WishCommand.DELETE,
    WishCommand.PAUSE: WishCommand.PAUSE,
    WishCommand.RESUME: WishCommand.RESUME,
    WishCommand.CHANGE: WishCommand.CHANGE,
}
_MIN_WHY_WORDS = 3


def _about_a_watch(bare: str, words: Vocabulary) -> WishCommand | None:
    """Return the command of a text that begins with one and names a watch: `delete my Tokyo watch`."""
    phrases = sorted(set(words.commands) - set(words.phrases["to"]), key=len, reverse=True)
    first = next((phrase for phrase in phrases if bare.startswith(f"{phrase} ")), "")
    command = WishCommand(words.commands[first]) if first else None
    if command is WishCommand.WHY and first.count(" ") + 1 >= _MIN_WHY_WORDS:
        return command
    if not words.pattern(r"{watch_noun}").search(bare):
        return None
    if words.pattern(r"^{show}\s(?:.*\s)?(?:my|meus|minhas|mis|our)\s(?:.*\s)?{watch_noun}").search(bare):
        return WishCommand.MY_WATCHES
    if command is WishCommand.STOP and not _names_a_watch(bare, words):
        return command
    return _ABOUT_A_WATCH.get(command) if command else None


def _names_a_watch(bare: str, words: Vocabulary) -> bool:
    """Return whether a text has words that are not in the vocabulary, such as a place: `stop watching LAX to Tokyo`."""
    return any(word not in known_words(words.language) for word in re.findall(r"[a-z]+", bare))


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

"""Short stories by a seeded grammar, with what is true at every character.

A story has a tense, a mood, an hour, a hero with a sex and a friend; sentences have subjects of either
number with words that part them from their verbs, relative clauses, lists, negation and quotations.
Each of these is marked on the characters where it holds, from the point at which a reader knows of it.
"""

import random

import words as w

PROPERTIES = {
    "inside_quotation": "between quotation marks",
    "question": "inside a quoted question, from its first word to the question mark",
    "plural_subject": "the clause has a plural subject: from its head noun to the end of the clause",
    "subject_open": "the head noun of a subject has been read and its verb has not",
    "first_sentence": "in the first sentence of a story",
    "subordinate_clause": "inside a clause that 'when', 'while' or 'before' begins",
    "relative_clause": "inside a relative clause (clause depth 2)",
    "in_list": "inside a list of three or more things",
    "negated": "after 'not', 'never' or 'no longer', to the end of the clause",
    "past_tense": "the verb of this sentence of the story is in the past tense: from the verb to the full stop",
    "sad_story": "the story is a sad one, from the first word that shows it to its end",
    "night_story": "the story happens at night, from the words that say so to its end",
    "heroine": "the hero of the story is a woman, from her name to the end of the story",
    "name_again": "the end of a name that this story has named before",
}


class Story:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.text = []
        self.marks = []
        self.active = set()
        self.gap, self.capital = "", True
        self.known_names = set()
        self.past = self.random.random() < 0.5
        self.sad = self.random.random() < 0.5
        self.night = self.random.random() < 0.5
        self.female = self.random.random() < 0.5
        self.hero = name(self.random, self.female)
        self.friend_is_female = self.random.random() < 0.5
        self.friend = name(self.random, self.friend_is_female)

    # -- writing

    def write(self, text, *extra):
        """Adds text on which the active properties hold, and `extra` ones."""
        marks = frozenset(self.active.union(extra))
        self.text.append(text)
        self.marks.extend([marks] * len(text))

    def word(self, text, *extra):
        """A word with the space before it, capitalised at the start of a sentence."""
        self.write(self.gap + (text[0].upper() + text[1:] if self.capital else text), *extra)
        self.gap, self.capital = " ", False

    def stop(self):
        self.write(".")
        self.active &= STORY_LONG
        self.capital = True

    def within(self, *properties):
        return Within(self, properties)

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, p):
        return self.random.random() < p

    def by_mood(self, pair):
        return self.pick(pair[0] if self.sad else pair[1])

    def reveal(self, text, prop, shown):
        """A word or phrase that, where `shown`, makes a property of the story known: from its last letter on."""
        self.word(text)
        if shown:
            self.active.add(prop)
            self.marks[-1] = self.marks[-1] | {prop}

    def show_mood(self, text):
        self.reveal(text, "sad_story", self.sad)

    def light(self):
        self.word(self.pick(w.LIGHT[0] if self.night else w.LIGHT[1]))

    def name(self, which):
        again = which in self.known_names
        self.known_names.add(which)
        self.reveal(which, "heroine", which == self.hero and self.female)
        if again:
            self.marks[-1] = self.marks[-1] | {"name_again"}

    # -- phrases

    def noun_phrase(self, nouns, plural, subject=False, depth=0):
        self.word(self.pick(["the", "the", "some" if plural else "a certain", "those" if plural else "that"]))
        if self.chance(0.35):
            self.word(self.pick(w.ADJECTIVES))
        noun = self.pick(nouns)[1 if plural else 0]
        if subject:
            self.open_subject(noun, plural)
        else:
            self.word(noun)
        if depth < 1 and self.chance(0.45 if subject else 0.2):
            self.modifier(depth + 1)

    def open_subject(self, noun, plural):
        self.active.discard("plural_subject")
        if plural:
            self.active.add("plural_subject")
        self.active.add("subject_open")
        self.word(noun)

    def modifier(self, depth):
        if self.chance(0.5):
            self.word(self.pick(w.PREPOSITIONS))
            self.word("the")
            self.word(self.pick(w.THINGS)[self.random.randrange(2)])
        else:
            self.relative_clause(depth)

    def relative_clause(self, depth):
        outer = set(self.active)
        self.active.add("relative_clause")
        self.active -= {"plural_subject", "subject_open", "negated"}
        self.word("that")
        plural = self.chance(0.5)
        self.noun_phrase(w.PEOPLE, plural, subject=True, depth=depth)
        self.verb(self.pick(w.ACTIONS), plural)
        if self.chance(0.4):
            self.place()
        self.active = outer

    def place(self):
        self.word(self.pick(["in", "near", "behind", "beside"]))
        self.word("the")
        if self.chance(0.3):
            self.word(self.pick(w.ADJECTIVES))
        self.word(self.pick(w.PLACES))

    def verb(self, forms, plural, past=None):
        """The finite verb, perhaps negated."""
        past = self.is_past() if past is None else past
        self.active.discard("subject_open")
        if past and "inside_quotation" not in self.active:
            self.active.add("past_tense")
        base, singular, preterite = forms
        if self.chance(0.2):
            kind = self.random.randrange(3)
            if kind == 0:
                self.word(w.DO["plural" if plural else "singular"][past])
                self.active.add("negated")
                self.word("not")
                return self.word(base)
            self.active.add("negated")
            self.word("never" if kind == 1 else "no longer")
        self.word(preterite if past else base if plural else singular)

    def is_past(self):
        return self.past and "inside_quotation" not in self.active

    def be(self, plural):
        past = self.is_past()
        self.active.discard("subject_open")
        if past:
            self.active.add("past_tense")
        self.word(w.BE["plural" if plural else "singular"][past])

    def pronoun(self, subject=True):
        if subject:
            self.active.discard("plural_subject")
            return self.word("she" if self.female else "he")
        return self.word("her" if self.female else "his")

    def hero_subject(self):
        """The hero as the subject: by name, by pronoun, or with the friend. Answers whether it is plural."""
        kind = self.random.random()
        if kind < 0.4:
            self.pronoun()
            return False
        self.name(self.hero)
        if kind < 0.75:
            return False
        self.word("and")
        self.name(self.friend)
        self.active.add("plural_subject")
        return True

    def goods(self):
        with self.within("in_list"):
            items = self.random.sample(w.GOODS, self.random.randrange(3, 6))
            for index, item in enumerate(items):
                if index == len(items) - 1:
                    self.word("and")
                elif index > 0:
                    self.write(",")
                self.word(item)

    # -- clauses and sentences

    def clause(self):
        """A subject with its verb and what follows it."""
        plural = self.chance(0.5)
        kind = self.random.randrange(3)
        if kind == 0:
            self.noun_phrase(w.THINGS, plural, subject=True)
            self.verb(self.pick(w.STATES), plural)
            self.place()
        elif kind == 1:
            self.noun_phrase(w.PEOPLE + w.ANIMALS, plural, subject=True)
            self.verb(self.pick(w.ACTIONS), plural)
            self.noun_phrase(w.THINGS + w.ANIMALS, self.chance(0.5))
        else:
            self.noun_phrase(w.PEOPLE + w.ANIMALS, plural, subject=True)
            self.verb(self.pick(w.MOTIONS), plural)
            self.word("to")
            self.word("the")
            self.word(self.pick(w.PLACES))

    def opening(self):
        self.active.add("first_sentence")
        self.reveal(self.pick(w.OPENINGS[0] if self.night else w.OPENINGS[1]), "night_story", self.night)
        self.write(",")
        self.name(self.hero)
        self.verb(self.pick(w.MOTIONS), False)
        self.word("to")
        self.word("the")
        self.word(self.pick(w.PLACES))
        if self.chance(0.6):
            self.word("with")
            self.name(self.friend)
        self.stop()

    def plain(self):
        self.clause()
        self.tail()
        self.stop()

    def tail(self):
        kind = self.random.random()
        if kind < 0.25:
            self.light()
        elif kind < 0.5:
            self.show_mood(self.by_mood(w.MOOD_ADVERBS))

    def hero_acts(self):
        plural = self.hero_subject()
        if self.chance(0.5):
            self.verb(self.pick(w.ACTIONS), plural)
            if self.chance(0.4) and not plural:
                self.pronoun(subject=False)
                self.word(self.pick(w.THINGS)[0])
            else:
                self.noun_phrase(w.THINGS + w.ANIMALS, self.chance(0.5))
        else:
            self.verb(self.pick(w.MOTIONS), plural)
            self.word("to")
            self.word("the")
            self.word(self.pick(w.PLACES))
        self.tail()
        self.stop()

    def inventory(self):
        if self.chance(0.5):
            plural = self.hero_subject()
            self.verb(self.pick(w.ACTIONS), plural)
            self.goods()
        else:
            self.word("in")
            self.word("the")
            self.word(self.pick(w.CONTAINERS))
            self.word("there")
            self.be(True)
            self.goods()
        self.stop()

    def feeling(self):
        plural = self.hero_subject()
        self.be(plural)
        self.show_mood(self.by_mood(w.MOOD_ADJECTIVES))
        if self.chance(0.6):
            self.active -= {"plural_subject"}
            self.word("because")
            self.show_mood(self.by_mood(w.MOOD_REASONS_PAST if self.past else w.MOOD_REASONS))
        self.stop()

    def subordinate(self):
        self.active.add("subordinate_clause")
        self.word(self.pick(["when", "while", "before"]))
        self.clause()
        self.active &= STORY_LONG | {"past_tense"}
        self.write(",")
        self.clause()
        self.stop()

    def quotation(self):
        question = self.chance(0.5)
        speaks_first = self.chance(0.5)
        verb = self.pick(w.ASKING if question else w.SPEECH)
        if speaks_first:
            self.speaker()
            self.verb_plain(verb)
            self.write(",")
            self.quote(question, closing="?" if question else ".")
        else:
            self.quote(question, closing="?" if question else ",")
            self.verb_plain(verb)
            self.speaker()
            self.write(".")
        self.active &= STORY_LONG
        self.capital = True

    def speaker(self):
        if self.chance(0.3):
            self.word("the")
            self.word(self.pick(w.PEOPLE)[0])
        else:
            self.name(self.pick([self.hero, self.friend]))

    def verb_plain(self, forms):
        if self.past:
            self.active.add("past_tense")
        self.word(forms[2] if self.past else forms[1])

    def quote(self, question, closing):
        outer = set(self.active)
        self.active &= STORY_LONG
        self.active.add("inside_quotation")
        self.write(self.gap + '"')
        self.gap, self.capital = "", True
        if question:
            self.active.add("question")
            self.question()
        elif self.chance(0.25):
            self.word(self.pick(["I", "we"]))
            self.verb((self.pick(w.ACTIONS)[0],) * 3, True)
            self.goods()
        else:
            self.clause()
        self.write(closing)
        self.active = outer
        self.write('"')
        self.gap, self.capital = " ", False

    def question(self):
        kind = self.random.randrange(3)
        plural = self.chance(0.5)
        number = "plural" if plural else "singular"
        if kind == 0:
            self.word("where")
            self.word(w.BE[number][0])
            self.noun_phrase(w.THINGS + w.ANIMALS, plural)
        elif kind == 1:
            self.word("why")
            self.word(w.DO[number][0])
            self.noun_phrase(w.PEOPLE + w.ANIMALS, plural)
            self.word(self.pick(w.ACTIONS)[0])
            self.noun_phrase(w.THINGS, self.chance(0.5))
        else:
            self.word("who")
            self.word(self.pick(w.ACTIONS)[1])
            self.noun_phrase(w.THINGS + w.ANIMALS, plural)
            if self.chance(0.4):
                self.place()

    def tell(self):
        """The whole story: its text and the properties of each character."""
        self.opening()
        kinds = [self.plain, self.hero_acts, self.inventory, self.feeling, self.subordinate, self.quotation]
        weights = [3, 3, 1.6, 1.6, 1.4, 3.4]
        for _ in range(self.random.randrange(5, 11)):
            self.random.choices(kinds, weights)[0]()
        return "".join(self.text), self.marks


STORY_LONG = {"sad_story", "night_story", "heroine"}


class Within:
    """Properties that hold inside a `with` block."""

    def __init__(self, story, properties):
        self.story, self.properties = story, set(properties)

    def __enter__(self):
        self.story.active |= self.properties

    def __exit__(self, *_):
        self.story.active -= self.properties


def name(source, female):
    middle = "".join(source.choice(w.SYLLABLES) for _ in range(source.choice([1, 1, 2])))
    ending = source.choice(w.FEMALE_ENDINGS if female else w.MALE_ENDINGS)
    return (middle + ending).capitalize()


def story(seed):
    return Story(seed).tell()


if __name__ == "__main__":
    import sys

    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 4):
        text, marks = story(seed)
        print(text, "\n")

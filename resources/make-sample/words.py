"""The words of the stories, by the part that they play. Every list is fixed: a story is drawn from them by a seed."""

# (singular, plural); people and animals can speak and act, things cannot.
PEOPLE = [
    ("farmer", "farmers"), ("sailor", "sailors"), ("baker", "bakers"), ("child", "children"),
    ("teacher", "teachers"), ("painter", "painters"), ("miller", "millers"), ("guard", "guards"),
    ("singer", "singers"), ("thief", "thieves"), ("widow", "widows"), ("doctor", "doctors"),
]
ANIMALS = [
    ("fox", "foxes"), ("goose", "geese"), ("mouse", "mice"), ("horse", "horses"), ("cat", "cats"),
    ("wolf", "wolves"), ("owl", "owls"), ("sheep", "sheep"), ("dog", "dogs"), ("crow", "crows"),
]
THINGS = [
    ("key", "keys"), ("boat", "boats"), ("basket", "baskets"), ("lamp", "lamps"), ("knife", "knives"),
    ("letter", "letters"), ("drum", "drums"), ("coat", "coats"), ("bell", "bells"), ("cup", "cups"),
    ("map", "maps"), ("rope", "ropes"), ("book", "books"), ("box", "boxes"), ("mirror", "mirrors"),
    ("wheel", "wheels"),
]
GOODS = [
    "apples", "plums", "figs", "bread", "honey", "salt", "nuts", "candles", "ribbons", "nails",
    "cheese", "pears", "wool", "feathers", "buttons", "shells", "beans", "onions",
]
CONTAINERS = ["basket", "box", "boat", "kitchen", "cellar", "stable"]
PLACES = [
    "harbour", "mill", "forest", "village", "bridge", "garden", "river", "tower", "market", "hill",
    "stable", "church", "kitchen", "field", "cellar", "island",
]
ADJECTIVES = [
    "old", "small", "red", "tall", "quiet", "broken", "heavy", "green", "strange", "thin", "blue",
    "wooden", "round", "white", "narrow", "young",
]
PREPOSITIONS = ["near", "behind", "beside", "under", "above", "beyond"]

# (base, third person singular, past)
ACTIONS = [  # somebody does it to something
    ("find", "finds", "found"), ("carry", "carries", "carried"), ("see", "sees", "saw"),
    ("hide", "hides", "hid"), ("want", "wants", "wanted"), ("follow", "follows", "followed"),
    ("paint", "paints", "painted"), ("hold", "holds", "held"), ("know", "knows", "knew"),
    ("watch", "watches", "watched"), ("bring", "brings", "brought"), ("choose", "chooses", "chose"),
]
MOTIONS = [  # somebody goes somewhere
    ("walk", "walks", "walked"), ("run", "runs", "ran"), ("climb", "climbs", "climbed"),
    ("ride", "rides", "rode"), ("come", "comes", "came"), ("return", "returns", "returned"),
    ("wander", "wanders", "wandered"), ("creep", "creeps", "crept"),
]
STATES = [  # something is somewhere
    ("lie", "lies", "lay"), ("stand", "stands", "stood"), ("wait", "waits", "waited"),
    ("stay", "stays", "stayed"), ("rest", "rests", "rested"), ("shine", "shines", "shone"),
]
SPEECH = [
    ("say", "says", "said"), ("whisper", "whispers", "whispered"), ("answer", "answers", "answered"),
    ("shout", "shouts", "shouted"),
]
ASKING = [("ask", "asks", "asked"), ("wonder", "wonders", "wondered")]
BE = {"singular": ("is", "was"), "plural": ("are", "were")}
DO = {"singular": ("does", "did"), "plural": ("do", "did")}
HAVE = {"singular": ("has", "had"), "plural": ("have", "had")}

# What the mood of a story chooses between: (sad, glad).
MOOD_ADVERBS = (
    ["sadly", "wearily", "bitterly", "fearfully", "hopelessly"],
    ["gladly", "merrily", "proudly", "cheerfully", "eagerly"],
)
MOOD_ADJECTIVES = (
    ["sad", "lonely", "tired", "afraid", "hungry", "ashamed"],
    ["happy", "proud", "cheerful", "grateful", "calm", "delighted"],
)
MOOD_REASONS = (
    ["the roof is gone", "nothing is left", "the harvest is lost", "the fever is back", "nobody remembers the song"],
    ["the roof is mended", "the feast is near", "the harvest is in", "the fever is gone", "everybody remembers the song"],
)
MOOD_REASONS_PAST = (
    ["the roof was gone", "nothing was left", "the harvest was lost", "the fever was back", "nobody remembered the song"],
    ["the roof was mended", "the feast was near", "the harvest was in", "the fever was gone", "everybody remembered the song"],
)

# What the hour of a story chooses between: (night, day).
OPENINGS = (
    ["One night", "At midnight", "Late one evening", "After dark"],
    ["One morning", "At noon", "Early one day", "After breakfast"],
)
LIGHT = (
    ["in the moonlight", "under the stars", "by lantern light", "in the dark", "among the shadows"],
    ["in the sunshine", "under the clouds", "by broad daylight", "in the heat", "among the bees"],
)

SYLLABLES = ["ba", "ri", "lo", "me", "tu", "ka", "ne", "si", "vo", "da", "pe", "mi", "ro", "la", "ju", "fe"]
FEMALE_ENDINGS = ["na", "lia", "ra", "sa", "tte", "nia"]
MALE_ENDINGS = ["no", "rik", "las", "ton", "mar", "bor"]

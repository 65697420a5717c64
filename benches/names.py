#!/usr/bin/env python3
"""Gives people names in books that number them: `Person 12` becomes a name as the hand of that book writes it, in its script,
with or without family, father, title and telephone. Needs Python 3.9 and nothing else.

    benches/names.py NETWORK OUT [--seed N] [--people N]

NETWORK is what `moneytrail generate --kind hawala` wrote; OUT becomes books and truth as `benches/people.py` reads them. Each hawaladar has
N customers (24), to whom the senders and beneficiaries that deal with him are dealt; given names come again, so that several at one counter share
one. A book keeps to a spelling of a person in nine of ten rows. A family name is left out of one row in three, a father's name stands in one
of five, a title is left out by one hand in three, one row in fifty has a letter too few. English and Turkish books have telephones of
whoever stands at the counter in three of five rows. Names are invented by drawing; none is of a person who is known.
"""

import argparse
import csv
import json
import random
import shutil
from collections import defaultdict
from pathlib import Path

# Persian, then English, Serbian and Turkish spellings.
GIVEN = """
بلال|Bilal,Belal|Bilal|Bilal
حمزه|Hamza,Hamzah|Hamza|Hamza
ادریس|Idris,Idrees|Idris|İdris
یاسین|Yasin,Yaseen|Jasin|Yasin
طاهر|Tahir,Taher|Tahir|Tahir
خلیل|Khalil,Khaleel|Halil|Halil
هارون|Harun,Haroon|Harun|Harun
سلیمان|Sulaiman,Suleman|Sulejman|Süleyman
داود|Dawood,Daud|Davud|Davut
یعقوب|Yaqub,Yaqoob|Jakub|Yakup
اسحاق|Ishaq,Eshaq|Ishak|İshak
موسی|Musa,Mousa|Musa|Musa
عبدالوهاب|Abdul Wahab,Abdulwahab|Abdulvehab|Abdülvahap
عبدالغفور|Abdul Ghafoor,Abdul Ghafur|Abdulgafur|Abdülgafur
عبدالرشید|Abdul Rashid,Abdulrasheed|Abdurašid|Abdürreşit
نعمت الله|Nematullah,Nimatullah|Nimetullah|Nimetullah
عنایت الله|Inayatullah,Enayatullah|Inajetullah|İnayetullah
فیض محمد|Faiz Mohammad,Fayz Muhammad|Fejz Muhamed|Feyz Muhammed
خیر محمد|Khair Mohammad|Hajr Muhamed|Hayr Muhammed
بسم الله|Besmellah,Bismillah|Bismilah|Bismillah
شیرین|Shirin,Shireen|Širin|Şirin
نرگس|Nargis,Narges|Nergis|Nergis
سلما|Salma|Selma|Selma
آمنه|Amina,Aminah|Amina|Emine
رقیه|Ruqia,Ruqayya|Rukija|Rukiye
پروانه|Parwana,Parwaneh|Pervana|Pervane
گلالی|Gulalai,Gulaly|Gulalaj|Gülalay
روژین|Rojin,Rozhin|Rožin|Rojin
آزاد|Azad|Azad|Azat
سوران|Soran,Suran|Soran|Soran
دیلان|Dilan,Deelan|Dilan|Dilan
عمران|Imran,Emran|Imran|İmran
فیصل|Faisal,Faysal|Fejsal|Faysal
شاهد|Shahid,Shahed|Šahid|Şahit
نوید|Naveed,Navid|Navid|Nevit
کامران|Kamran|Kamran|Kamuran
بهزاد|Behzad|Behzad|Behzat
فرهاد|Farhad|Ferhad|Ferhat
جاوید|Javed,Jawid|Džavid|Cavit
منصور|Mansoor,Mansur|Mensur|Mansur
صادق|Sadiq,Sadeq|Sadik|Sadık
ثریا|Soraya,Suraya|Suraja|Süreyya
"""
FAMILY = """
نورزی|Noorzai,Nurzai|Nurzaj|Nurzay
پوپلزی|Popalzai,Populzai|Popalzaj|Popalzay
سلطانی|Sultani,Soltani|Sultani|Sultani
بهرامی|Bahrami|Bahrami|Behrami
تاجیک|Tajik|Tadžik|Tacik
عظیمی|Azimi,Azeemi|Azimi|Azimi
فاضلی|Fazli,Fazeli|Fazli|Fazıli
زمانی|Zamani|Zamani|Zamani
هاشمی|Hashemi,Hashimi|Hašimi|Haşimi
شریفی|Sharifi|Šerifi|Şerifi
رستمی|Rostami,Rustami|Rustami|Rüstemi
قریشی|Qureshi,Quraishi|Kurejši|Kureyşi
"""
TITLES = ["حاجی|Haji|Hadži|Hacı", "ملا|Mullah|Mula|Molla", "انجینر|Eng.|Inž.|Müh.", "سید|Sayed|Sejid|Seyit"]
LANGUAGES = ("fa", "en", "sr", "tr")
FATHERS = {"fa": "{} ولد {}", "en": "{} s/o {}", "sr": "{} sin {}", "tr": "{} bin {}"}
PHONES = {"en": "Phone", "tr": "Telefon"}
SENDER, BENEFICIARY = 4, 5


def table(text):
    return [dict(zip(LANGUAGES, (spellings.split(",") for spellings in line.split("|")))) for line in text.strip().splitlines()]


def people(keepers, n, rng):
    """The customers of each hawaladar."""
    given, family, titles = table(GIVEN), table(FAMILY), table("\n".join(TITLES))
    def one(name):
        return {"name": name, "given": rng.choice(given), "family": rng.choice(family + [None] * 8), "father": rng.choice(given),
                "title": rng.choice(titles + [None] * 20), "phone": f"7{rng.randrange(10**8):08d}", "hands": {}}
    return {keeper: [one(f"{keeper}-{nth}") for nth in range(n)] for keeper in keepers}


class Hand:
    """Writes names as one book does."""

    def __init__(self, book, language, rng):
        self.book, self.rng = book, rng
        self.language = language if language in LANGUAGES else "en"

    def spelling(self, person, part):
        habits = person["hands"].setdefault((self.book, part), self.rng.choice(person[part][self.language]))
        return habits if self.rng.random() < 0.9 else self.rng.choice(person[part][self.language])

    def write(self, person):
        rng = self.rng
        words = [self.spelling(person, "given")]
        if person["family"] and rng.random() < 2 / 3:
            words.append(self.spelling(person, "family"))
        if person["title"] and person["hands"].setdefault((self.book, "titled"), rng.random() < 2 / 3):
            words.insert(0, person["title"][self.language][0])
        text = " ".join(words)
        if rng.random() < 1 / 5:
            text = FATHERS[self.language].format(text, self.spelling(person, "father"))
        if rng.random() < 1 / 50:
            at = rng.randrange(1, len(text))
            text = text[:at] + text[at + 1:]
        return text


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=24)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    keepers = {row["number"]: row for row in read(args.network / "truth" / "keepers.csv")}
    customers = people(keepers, args.people, rng)
    who = defaultdict(dict)
    for order in read(args.network / "truth" / "orders.csv"):
        of = lambda home, number: customers[home][int(number) % args.people]
        both = {SENDER: of(order["issuer"], order["sender"]), BENEFICIARY: of(order["payer"], order["beneficiary"])}
        for row, counter in ((order["issued"], SENDER), (order["paid"], BENEFICIARY)):
            if row:
                who[row] = {**both, "counter": both[counter]}
    books = args.out / "books"
    shutil.rmtree(args.out, ignore_errors=True)
    books.mkdir(parents=True)
    (args.out / "truth").mkdir()
    truth, of_rows = [], []
    for keeper in keepers.values():
        text = (args.network / "evidence" / "books" / keeper["file"]).read_text(encoding="utf-8-sig")
        mark = ";" if text.splitlines()[0].count(";") > text.splitlines()[0].count(",") else ","
        hand, phone = Hand(keeper["file"], keeper["language"], rng), PHONES.get(keeper["language"])
        with open(books / keeper["file"], "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=mark, lineterminator="\n")
            for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=mark), 1):
                named = who.get(f"{keeper['file']}!-!R{number}", {})
                for column in (SENDER, BENEFICIARY):
                    if column in named:
                        cells[column] = hand.write(named[column])
                        truth.append((named[column]["name"], "customer", keeper["file"], "-", number, column + 1, 1, cells[column]))
                    elif cells[column] and number > 1:
                        # Whoever is no party of an order stands in the book under a name of his own.
                        cells[column] = ""
                if phone:
                    has_phone = "counter" in named and rng.random() < 3 / 5
                    cells.append(phone if number == 1 else named["counter"]["phone"] if has_phone else "")
                writer.writerow(cells)
                of_rows.append((keeper["file"], "-", number, "data" if named else "other", f"L{len(of_rows)}", "", "", ""))
    for name, header, rows in (("people", "person_id,role,book,sheet,row,column,ordinal,spelling", truth),
                               ("rows", "book,sheet,row,kind,entry_id,entry_kind,event_id,balance_key", of_rows)):
        with open(args.out / "truth" / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header.split(","), *rows])
    print(json.dumps({"mentions": len(truth), "people": len({row[0] for row in truth}), "books": len(keepers)}))


if __name__ == "__main__":
    main()

"""What the sample company is made of. All names are invented; nobody in particular is meant."""

from typing import NamedTuple


class Office(NamedTuple):
    """A place of the company, with names as they are common there.

    Attributes:
        share: How many of the people work there, as a weight.
        locales: Languages that people there may have chosen.
        given: Given names, separated by blanks, as are the family names.
    """

    time_zone: str
    share: int
    locales: tuple[str, ...]
    given: str
    family: str


OFFICES = (
    Office(
        "Europe/Berlin",
        28,
        ("de", "de", "en"),
        (
            "Anneke Björn Céline Dörte Emre Franziska Günther Hülya Ines Jörg Katharina Lüder "
            "Mareike Nils Özlem Philipp Ruth Sören Thea Ute Yannick Zeynep"
        ),
        (
            "Althaus Böhmer Çelik Dreyer Eßer Förster Grünwald Hähnel Jürgens Kästner Lindqvist "
            "Möllers Nowak Öztürk Pfäffle Römer Schütze Thomsen Weißbach Yavuz"
        ),
    ),
    Office(
        "Europe/London",
        20,
        ("en-GB",),
        (
            "Abigail Callum Dervla Eilidh Femi Gareth Harriet Imogen Jonah Keisha Lorcan Maeve "
            "Niamh Oluwaseun Priya Rhys Siân Tobias Winifred Zoë"
        ),
        (
            "Adebayo Blackwood Chaudhry Dunmore Ellery Fairclough Gwynne Hargrave Iqbal Kerr "
            "Lockhart MacInnes Nwosu O'Rourke Pembrey Quill Redfern Stannard Tregear"
        ),
    ),
    Office(
        "America/New_York",
        20,
        ("en-US", "en-US", "en-US", "es"),
        (
            "Alejandra Brandon Camila DeShawn Elise Frankie Gabriela Hannah Isaac Jasmine Kofi "
            "Latoya Marcus Naomi Óscar Paige Quentin Renée Simone Tyrell"
        ),
        (
            "Abernathy Beaumont Castañeda Delacroix Ellison Figueroa Goldfarb Hollis Ibáñez "
            "Jefferies Kowalczyk Lamar Montague Núñez Okafor Peralta Rosenthal Sandoval"
        ),
    ),
    Office(
        "America/Sao_Paulo",
        12,
        ("pt-BR",),
        (
            "Ângela Bruno Conceição Davi Érica Fábio Gisele Heloísa Ícaro João Luíza Márcio "
            "Natália Otávio Raíssa Sebastião Thaís Vitória"
        ),
        (
            "Araújo Brandão Conceição Damasceno Falcão Gonçalves Guimarães Junqueira Leitão "
            "Magalhães Nóbrega Patrício Queirós Sobral Toledo Vilaça"
        ),
    ),
    Office(
        "Asia/Kolkata",
        12,
        ("en-IN", "en-IN", "hi"),
        (
            "Aarav Bhavna Chandran Deepika Farhan Gayatri Harish Ishita Jaideep Kavya Lakshmi "
            "Manoj Nandini Pranav Rukmini Sameer Tanvi Vikram"
        ),
        (
            "Agarwal Banerjee Chatterji Deshpande Ghoshal Iyer Joshi Kulkarni Menon Nambiar "
            "Pillai Raghavan Saxena Thakur Venkatesan Wadhwa"
        ),
    ),
    Office(
        "Asia/Tokyo",
        8,
        ("ja", "ja", "en"),
        ("Akane Daichi Emi Fumio Haruka Itsuki Jun Kōji Mayumi Naoki Reina Shōta Tomoko Yūki Yōko"),
        (
            "Andō Endō Fujimori Gotō Hayakawa Ishibashi Katō Kōno Matsuura Nakadai Ōshima Saitō "
            "Tachibana Umezawa Yonekura"
        ),
    ),
)

DEPARTMENTS = {
    "Engineering": 28,
    "Research": 16,
    "Sales": 18,
    "Marketing": 10,
    "Operations": 14,
    "Finance": 8,
    "People": 6,
}
"""Every department with its share of the people, as a weight."""

FIELDS_OF_STUDY = {
    "Engineering": ("Computer Science", "Electrical Engineering", "Mathematics"),
    "Research": ("Life Sciences", "Chemistry", "Mathematics"),
    "Sales": ("Business", "Languages", "Marketing"),
    "Marketing": ("Marketing", "Design", "Languages"),
    "Operations": ("Business", "Logistics", "Electrical Engineering"),
    "Finance": ("Economics", "Mathematics", "Business"),
    "People": ("Psychology", "Law", "Business"),
}
"""What people of a department mostly studied."""

SENIORITIES = {1: 27, 2: 27, 3: 20, 4: 13, 5: 8, 6: 5}
"""Every seniority with its share of the people, as a weight."""

EDUCATION_LEVELS = {1: 8, 2: 16, 3: 38, 4: 30, 5: 8}
"""Every level of education with its share of the people, as a weight."""

WORKING_DAYS = {"1;2;3;4;5": 88, "1;2;3;4": 7, "2;3;4;5": 3, "1;2;3": 2}
"""Weeks that people work, as a weight each."""

CAPACITIES = {1: 15, 2: 45, 3: 40}
"""How many mentees a mentor takes, as a weight each."""

INTERESTS = (
    "Budgeting",
    "Career change",
    "Coaching",
    "Conflict resolution",
    "Cross-cultural work",
    "Customer insight",
    "Data analysis",
    "Facilitation",
    "First-time leadership",
    "Negotiation",
    "Product strategy",
    "Project planning",
    "Public speaking",
    "Remote teamwork",
    "Sustainability",
    "Technical depth",
    "Work-life balance",
    "Writing",
)

"""Countries and some of their parts by code and name: what the addresses of jobs are read by.

Codes are ISO 3166-1 (alpha-2, alpha-3) as of 2026 and, for eight countries, ISO 3166-2. Names are the English short
ones, what people write instead of them, and for some countries their own. Knows no places; called by `places`.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_COUNTRIES: Final = """
AD AND Andorra|AE ARE United Arab Emirates;UAE|AF AFG Afghanistan|AG ATG Antigua and Barbuda|AI AIA Anguilla
AL ALB Albania|AM ARM Armenia|AO AGO Angola|AQ ATA Antarctica|AR ARG Argentina|AS ASM American Samoa
AT AUT Austria;Österreich|AU AUS Australia|AW ABW Aruba|AX ALA Åland Islands|AZ AZE Azerbaijan
BA BIH Bosnia and Herzegovina|BB BRB Barbados|BD BGD Bangladesh|BE BEL Belgium;België;Belgique;Belgien
BF BFA Burkina Faso|BG BGR Bulgaria|BH BHR Bahrain|BI BDI Burundi|BJ BEN Benin|BL BLM Saint Barthélemy|BM BMU Bermuda
BN BRN Brunei Darussalam;Brunei|BO BOL Bolivia|BQ BES Bonaire, Sint Eustatius and Saba;Caribbean Netherlands
BR BRA Brazil;Brasil|BS BHS Bahamas;The Bahamas|BT BTN Bhutan|BV BVT Bouvet Island|BW BWA Botswana|BY BLR Belarus
BZ BLZ Belize|CA CAN Canada|CC CCK Cocos (Keeling) Islands;Cocos Islands
CD COD Democratic Republic of the Congo;DR Congo
CF CAF Central African Republic|CG COG Congo;Republic of the Congo|CH CHE Switzerland;Schweiz;Suisse;Svizzera
CI CIV Côte d'Ivoire;Ivory Coast|CK COK Cook Islands|CL CHL Chile|CM CMR Cameroon
CN CHN China;People's Republic of China|CO COL Colombia|CR CRI Costa Rica|CU CUB Cuba|CV CPV Cabo Verde;Cape Verde
CW CUW Curaçao|CX CXR Christmas Island|CY CYP Cyprus|CZ CZE Czechia;Czech Republic;Česko
DE DEU Germany;Deutschland;Allemagne;Federal Republic of Germany|DJ DJI Djibouti|DK DNK Denmark;Danmark|DM DMA Dominica
DO DOM Dominican Republic|DZ DZA Algeria|EC ECU Ecuador|EE EST Estonia;Eesti|EG EGY Egypt|EH ESH Western Sahara
ER ERI Eritrea|ES ESP Spain;España|ET ETH Ethiopia|FI FIN Finland;Suomi|FJ FJI Fiji|FK FLK Falkland Islands
FM FSM Micronesia|FO FRO Faroe Islands|FR FRA France;Frankreich|GA GAB Gabon
GB GBR United Kingdom;UK;U.K.;Great Britain;Britain;United Kingdom of Great Britain and Northern Ireland
GD GRD Grenada|GE GEO Georgia|GF GUF French Guiana|GG GGY Guernsey|GH GHA Ghana|GI GIB Gibraltar|GL GRL Greenland
GM GMB Gambia;The Gambia|GN GIN Guinea|GP GLP Guadeloupe|GQ GNQ Equatorial Guinea|GR GRC Greece;Hellas
GS SGS South Georgia and the South Sandwich Islands|GT GTM Guatemala|GU GUM Guam|GW GNB Guinea-Bissau|GY GUY Guyana
HK HKG Hong Kong|HM HMD Heard Island and McDonald Islands|HN HND Honduras|HR HRV Croatia;Hrvatska|HT HTI Haiti
HU HUN Hungary;Magyarország|ID IDN Indonesia|IE IRL Ireland;Éire;Republic of Ireland|IL ISR Israel|IM IMN Isle of Man
IN IND India|IO IOT British Indian Ocean Territory|IQ IRQ Iraq|IR IRN Iran|IS ISL Iceland;Ísland|IT ITA Italy;Italia
JE JEY Jersey|JM JAM Jamaica|JO JOR Jordan|JP JPN Japan|KE KEN Kenya|KG KGZ Kyrgyzstan|KH KHM Cambodia|KI KIR Kiribati
KM COM Comoros|KN KNA Saint Kitts and Nevis|KP PRK North Korea;Democratic People's Republic of Korea
KR KOR South Korea;Republic of Korea;Korea|KW KWT Kuwait|KY CYM Cayman Islands|KZ KAZ Kazakhstan|LA LAO Laos
LB LBN Lebanon|LC LCA Saint Lucia|LI LIE Liechtenstein|LK LKA Sri Lanka|LR LBR Liberia|LS LSO Lesotho
LT LTU Lithuania;Lietuva|LU LUX Luxembourg;Luxemburg|LV LVA Latvia;Latvija|LY LBY Libya|MA MAR Morocco|MC MCO Monaco
MD MDA Moldova;Republic of Moldova|ME MNE Montenegro|MF MAF Saint Martin|MG MDG Madagascar|MH MHL Marshall Islands
MK MKD North Macedonia|ML MLI Mali|MM MMR Myanmar|MN MNG Mongolia|MO MAC Macao;Macau|MP MNP Northern Mariana Islands
MQ MTQ Martinique|MR MRT Mauritania|MS MSR Montserrat|MT MLT Malta|MU MUS Mauritius|MV MDV Maldives|MW MWI Malawi
MX MEX Mexico;México|MY MYS Malaysia|MZ MOZ Mozambique|NA NAM Namibia|NC NCL New Caledonia|NE NER Niger
NF NFK Norfolk Island|NG NGA Nigeria|NI NIC Nicaragua|NL NLD Netherlands;The Netherlands;Nederland;Holland
NO NOR Norway;Norge|NP NPL Nepal|NR NRU Nauru|NU NIU Niue|NZ NZL New Zealand|OM OMN Oman|PA PAN Panama|PE PER Peru;Perú
PF PYF French Polynesia|PG PNG Papua New Guinea|PH PHL Philippines;The Philippines|PK PAK Pakistan
PL POL Poland;Polska|PM SPM Saint Pierre and Miquelon|PN PCN Pitcairn|PR PRI Puerto Rico
PS PSE Palestine;State of Palestine
PT PRT Portugal|PW PLW Palau|PY PRY Paraguay|QA QAT Qatar|RE REU Réunion|RO ROU Romania;România|RS SRB Serbia
RU RUS Russia;Russian Federation|RW RWA Rwanda|SA SAU Saudi Arabia|SB SLB Solomon Islands|SC SYC Seychelles|SD SDN Sudan
SE SWE Sweden;Sverige|SG SGP Singapore|SH SHN Saint Helena, Ascension and Tristan da Cunha|SI SVN Slovenia;Slovenija
SJ SJM Svalbard and Jan Mayen|SK SVK Slovakia;Slovensko|SL SLE Sierra Leone|SM SMR San Marino|SN SEN Senegal
SO SOM Somalia|SR SUR Suriname|SS SSD South Sudan|ST STP Sao Tome and Principe|SV SLV El Salvador|SX SXM Sint Maarten
SY SYR Syria;Syrian Arab Republic|SZ SWZ Eswatini;Swaziland|TC TCA Turks and Caicos Islands|TD TCD Chad
TF ATF French Southern Territories|TG TGO Togo|TH THA Thailand|TJ TJK Tajikistan|TK TKL Tokelau
TL TLS Timor-Leste;East Timor|TM TKM Turkmenistan|TN TUN Tunisia|TO TON Tonga|TR TUR Türkiye;Turkey
TT TTO Trinidad and Tobago|TV TUV Tuvalu|TW TWN Taiwan|TZ TZA Tanzania;United Republic of Tanzania|UA UKR Ukraine
UG UGA Uganda|UM UMI United States Minor Outlying Islands
US USA United States;U.S.;U.S.A.;United States of America;The United States
UY URY Uruguay|UZ UZB Uzbekistan|VA VAT Holy See;Vatican City|VC VCT Saint Vincent and the Grenadines|VE VEN Venezuela
VG VGB British Virgin Islands|VI VIR U.S. Virgin Islands;US Virgin Islands|VN VNM Viet Nam;Vietnam|VU VUT Vanuatu
WF WLF Wallis and Futuna|WS WSM Samoa|YE YEM Yemen|YT MYT Mayotte|ZA ZAF South Africa|ZM ZMB Zambia|ZW ZWE Zimbabwe
"""

_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "US": """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
        DC District of Columbia;Washington, D.C.;Washington DC|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois
        IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan
        MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey
        NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania
        RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia
        WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands
        PR Puerto Rico|VI U.S. Virgin Islands""",
        "CA": """AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia
        NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec;Québec|SK Saskatchewan
        YT Yukon""",
        "AU": """ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland
        SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia""",
        "DE": """BW Baden-Württemberg|BY Bayern;Bavaria|BE Berlin|BB Brandenburg|HB Bremen|HH Hamburg|HE Hessen;Hesse
        MV Mecklenburg-Vorpommern|NI Niedersachsen;Lower Saxony|NW Nordrhein-Westfalen;North Rhine-Westphalia
        RP Rheinland-Pfalz;Rhineland-Palatinate|SL Saarland|SN Sachsen;Saxony|ST Sachsen-Anhalt;Saxony-Anhalt
        SH Schleswig-Holstein|TH Thüringen;Thuringia""",
        "AT": """1 Burgenland|2 Kärnten;Carinthia|3 Niederösterreich;Lower Austria|4 Oberösterreich;Upper Austria
        5 Salzburg|6 Steiermark;Styria|7 Tirol;Tyrol|8 Vorarlberg|9 Wien;Vienna""",
        "CH": """AG Aargau|AI Appenzell Innerrhoden|AR Appenzell Ausserrhoden|BE Bern;Berne|BL Basel-Landschaft
        BS Basel-Stadt|FR Fribourg;Freiburg|GE Genève;Geneva;Genf|GL Glarus|GR Graubünden;Grisons|JU Jura
        LU Luzern;Lucerne|NE Neuchâtel|NW Nidwalden|OW Obwalden|SG St. Gallen;Sankt Gallen|SH Schaffhausen|SO Solothurn
        SZ Schwyz|TG Thurgau|TI Ticino;Tessin|UR Uri|VD Vaud;Waadt|VS Valais;Wallis|ZG Zug|ZH Zürich;Zurich""",
        "GB": "ENG England|NIR Northern Ireland|SCT Scotland|WLS Wales",
        "BE": "BRU Brussels;Bruxelles;Brussel|VLG Flanders;Vlaanderen|WAL Wallonia;Wallonie",
    }
)
"""ISO 3166-2 codes and names of the first-level parts of some countries."""

_FULL_STOP: Final = re.compile(r"[.\s]+")


def fold_name(name: str) -> str:
    """A name as it is compared: without case, accents, full stops and repeated blanks."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(_FULL_STOP.sub(" ", plain).split())


def _entries(text: str) -> list[str]:
    return [entry.strip() for line in text.strip().splitlines() for entry in line.split("|") if entry.strip()]


@lru_cache(maxsize=1)
def _countries() -> tuple[dict[str, str], dict[str, str]]:
    """Code of two or three letters -> alpha-2, and folded name -> alpha-2."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for entry in _entries(_COUNTRIES):
        two, three, spelled = entry.split(" ", 2)
        codes[two] = codes[three] = two
        names.update((fold_name(name), two) for name in spelled.split(";"))
    return codes, names


@lru_cache(maxsize=1)
def _parts() -> dict[str, dict[str, str]]:
    """Country -> folded name of a part -> its code without the country's."""
    found: dict[str, dict[str, str]] = {}
    for country, text in _PARTS.items():
        for entry in _entries(text):
            code, spelled = entry.split(" ", 1)
            found.setdefault(country, {}).update((fold_name(name), code) for name in spelled.split(";"))
    return found


def find_country(text: str, *, codes: bool = True) -> str | None:
    """The alpha-2 code that a name, or where wanted a code of two or three letters, means; None for no country."""
    by_code, by_name = _countries()
    written = text.strip()
    found = by_code.get(written.upper()) if codes else None
    return found or by_name.get(fold_name(written))


def find_part(country: str, name: str) -> str | None:
    """The ISO 3166-2 code, without the country's, that a part of a country has by its name; None where unknown."""
    return _parts().get(country, {}).get(fold_name(name))


def knows_parts(country: str) -> frozenset[str]:
    """Codes of a country's parts, where all of them are known here; else none."""
    return frozenset(_parts().get(country, {}).values())

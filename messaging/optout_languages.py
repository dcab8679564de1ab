"""Opt-outs in languages other than English: the common forms of each. Pure.

Latin scripts are read over `Words.plain` (words, accents gone), other scripts over the folded
text itself, without spaces where the language has none. Written below as people write them; the
same folding that reads texts is applied to the patterns.
"""

from __future__ import annotations

import re
import unicodedata

from messaging import optout_spanish as spanish
from messaging.optout_fold import fold
from messaging.optout_rules import Label, Reading
from messaging.optout_scripts import ALONE as SCRIPT_ALONE
from messaging.optout_scripts import SCRIPTS
from messaging.optout_tokens import Words
from messaging.optout_words import each

_COURTESY = frozenset(
    each(
        "por favor gracias ya porfa porfavor pf merci svp bitte danke obrigado obrigada per "
        "favore grazie prego si s il vous plait ok hola senor senora bonjour hallo ciao ola oi "
        "proszę prosze dziekuje po lang na mesi souple tanpri kamsa stop please thanks now yes "
        "hey sir mga pls xin lam on cam"
    )
)

# Words that alone are an instruction; "_" stands for a space.
_ALONE: dict[str, str] = {
    "opt_out": "arrete arret arreter arretez arretes stoppez stopper desabonner desabonnement desabonnez_moi desinscrire desinscription "
    "resilier resiliation annuler supprimer retirer mauvais_numero faux_numero erreur_de_numero laissez_moi_tranquille foutez_moi_la_paix "
    "sair parem remover parar pare descadastrar cancelar_inscricao numero_errado engano chega me_tira me_remova apagar "
    "stopp halt aufhoren abmelden abbestellen austragen kundigen beenden ende loschen abmeldung falsche_nummer falsch_verbunden abbrechen schluss "
    "ferma fermati fermatevi fermate smettila smettetela smetti smettete cancellami cancellatemi rimuovi rimuovimi rimuovetemi disiscrivi disiscrivimi "
    "disiscrivere annulla disdici disattiva numero_sbagliato "
    "dung_lai ngung huy huy_dang_ky tu_choi nham_so sai_so lon_so thoi_di ngung_lai dung_nhan_tin "
    "sispann rete kanpe move_nimewo tigil itigil tama_na tigilan tigilan_mo_ako ayoko_na maling_numero hinto ihinto "
    "przestan przestancie wypisz wypisz_mnie rezygnuje usun koniec dosc zly_numer pomylka anuluj zatrzymaj stop_sms wypisuje "
    "band_karo bandh_karo band_kro ruko roko galat_number bas_karo hatao mat_bhejo "
    "dur durdur iptal yeter stoppen afmelden uitschrijven berhenti hentikan basta_cosi oprit opreste dezabonare sluta avsluta",
    "ambiguous": "non_merci assez nao_obrigado nao_obrigada nein_danke genug no_grazie pause ca_suffit nie_dziekuje khong_can khong_cam_on "
    "salamat_na_lang huwag wag ayaw ayoko mesi_non no_mesi non_mesi bas kafi nahi nahi_chahiye hindi_na tama hayir nee_bedankt zut",
    "opt_in": "commencer demarrer reprendre comecar anmelden starten iniziare bat_dau simulan komanse zacznij basla",
    "help": "aide ajuda hilfe aiuto pomoc tro_giup tulong ed giup madad",
}

_LATIN: list[tuple[str, str]] = [
    # French
    ("opt_out", r"(?:arrete[rsz]?|arrêt|cesse[rz]?|stop|stoppez|finissez) (?:\w+ )?(?:de |d |avec |les |ces |vos |tes |m |me |mecrire|denvoyer)(?:\w+ ){0,3}?(?:ecri\w+|envoy\w+|contact\w+|text\w+|messages?|sms|texto\w*|harcel\w+|deranger|embet\w+|spam\w*|mecrire|menvoyer|moi)"),
    ("opt_out", r"d?(?:arrete[rsz]?|cesse[rz]?) (?:de )?(?:mecri\w+|menvoy\w+|denvoy\w+|me|nous|ca|cela|tout|svp|maintenant|les (?:messages|sms|textos)|tout contact)|(?:foute[rsz]?|fiche[rsz]?) le camp|degage\w*|va te faire"),
    ("opt_out", r"(?:ne )?(?:m|me|nous) (?:\w+ )?(?:ecri\w+|envoy\w+|contact\w+|text\w+|derang\w+|harcel\w+|embet\w+|sollicit\w+|relanc\w+)(?: \w+){0,2}? (?:plus|pas|jamais|rien)|m(?:ecri|envoy)\w+ (?:plus|pas|jamais|rien)|ne (?:plus|pas|jamais) (?:me|nous|m|etre|mecrire|menvoyer|recevoir|contacter|ecrire|envoyer|deranger)|(?:m |me )(?:contact\w+|ecri\w+|envoy\w+) (?:plus|pas|jamais)"),
    ("opt_out", r"(?:plus|pas|assez|aucun) (?:de |d )(?:vos |ces |tes |autres )?(?:messages?|sms|textos?|notifications?|spam)|(?:ne |n )?(?:veux|souhaite|desire|voudrais|veut) (?:plus|pas) (?:de |d |vos |ces |que vous |recevoir|etre|messages?|textos?)(?:.{0,30})?(?:messages?|sms|textos?|contacte\w*|recevoir|ecri\w+)?|ne (?:veux|souhaite|desire) (?:plus|pas) (?:recevoir|etre|vos|de)"),
    ("opt_out", r"(?:retire[rz]?|enleve[rz]?|supprime[rz]?|efface[rz]?|raye[rz]?|otez|desinscri\w+|desabonn\w+|oublie[rz]?)(?:(?: moi| nous)(?: (?:de|mon|numero|nom|contact|votre|la|vos|liste|listes|svp)){0,5}| (?:mon|ce|le) (?:numero|nom|contact|telephone|portable))|me (?:desabonner|desinscrire|retirer de)|desabonn\w+|desinscri\w+"),
    ("opt_out", r"(?:mauvais|faux|erreur de|trompe de|trompee de|pas le bon) (?:numero|personne)|vous (?:vous )?(?:etes|avez) (?:fait )?(?:tromp\w+|erreur|le mauvais)|laisse[rz]?(?: moi| nous) (?:tranquille|en paix)|fiche[rz]? moi la paix|foute[rz]? moi|ca suffit (?:les|avec)|je ne (?:suis pas (?:la bonne|cette|celui|celle|le bon|lui|elle|interesse\w* par vos)|vous connais pas)|ne me derange\w* (?:plus|pas)|je (?:retire|revoque) mon consentement|va te faire"),
    ("help", r"(?:qui (?:etes vous|est ce|es tu|etes|est la|est|ecrit|parle|cest|ca)|cest qui|vous etes qui|tes qui|de la part de qui|cest quoi ce (?:numero|message)|quelle (?:entreprise|compagnie)|(?:comment|ou) (?:\w+ ){0,3}(?:mon|ce) numero)\b"),
    ("opt_in", r"vous pouvez (?:m |me |mecrire|menvoyer)(?:\w+ ){0,2}(?:envoyer|ecrire|texter|messages?)?|oui vous pouvez|reabonn\w+|me reabonner"),
    # Portuguese
    ("opt_out", r"(?:para|pare|parem|parar|deixe|deixem|chega|cansei|basta) (?:ja |por favor )?(?:de |com |a )(?:me |nos |mandar|enviar|essas?|esses?|as |os )?(?:\w+ ){0,2}?(?:mand\w+|envi\w+|escrev\w+|mensage\w+|sms|contat\w+|incomod\w+|perturb\w+|encher|texto\w*|msg\w*|me)"),
    ("opt_out", r"nao (?:quero|desejo|gostaria|preciso|aceito|autorizo|pedi) (?:mais |de |que |receber |essas? |esses? |suas? |nenhuma? |ser )*(?:receber|mensage\w+|sms|msg\w*|contat\w+|textos?|notificac\w+|isso|me (?:mand|envi|contat|escrev)\w*)|nao (?:me )?(?:mande\w*|envie\w*|escreva\w*|contate\w*|contacte\w*|incomode\w*|perturbe\w*|manda|envia|mandem)\b|nao (?:mande\w*|envie\w*) (?:mais )?(?:mensage\w+|nada|sms|msg\w*)"),
    ("opt_out", r"(?:remov\w+|tir\w+|apag\w+|delet\w+|exclu\w+|retir\w+|descadastr\w+)(?: me| eu)?(?: (?:da|de|do|meu|minha|o|a|sua|essa|dessa|desta|por|favor|numero|nome|contato)){1,5} (?:lista|numero|contato|cadastro|celular|telefone)|me (?:tir\w+|remov\w+|descadastr\w+|exclu\w+|apag\w+)(?= (?:da|de|do|desta|dessa|dai|por|[.?]))|mensagens? nao|sem mensagens|mais mensagens nao|(?:quero|queria|gostaria de) (?:cancelar|sair|parar|descadastrar|me descadastrar)(?: (?:de|da|das|as|os|dessa|dessas|essas|esta|receber|a))* ?(?:mensage\w+|lista|sms|cadastro|inscricao)|sair da lista|nao e (?:o|esse|este|meu) numero|nao sou (?:eu|essa|esse|a pessoa)|numero errado|pessoa errada|(?:foi )?engano|ligacao errada|liguei (?:errado|por engano)|me deix\w+ (?:em paz|quieto)|deix\w+ eu em paz|deix\w+ (?:me )?em paz|vou (?:te )?(?:processar|bloquear|denunciar)|nao (?:te |os |o )?conheco"),
    ("help", r"quem (?:e|esta|eh|fala|sao|ta|mandou)\b|que (?:empresa|numero) (?:e|eh)|do que se trata|como (?:\w+ ){0,3}meu numero"),
    ("opt_in", r"(?:pode|podem) (?:me )?(?:mandar|enviar|escrever)|sim pode\w*|quero receber"),
    # German
    ("opt_out", r"(?:aufhor\w*|stoppen|stopp|schluss|lass\w*|beend\w+) (?:\w+ ){0,3}?(?:auf|sms|nachricht\w*|texten|schreiben|das|mit)\b|(?:mir|uns|mich|ihr)? ?(?:bitte )?(?:keine|kein|nie|nicht) (?:(?:mehr|wieder|weiter|weiteren|weitere|so|viele|viel|mir|mich|uns|bitte|solche|neuen|ihre|eure|automatischen|diese|werbe|auf|an|unter|dieser|diese|nummer|ueber|uber|per) ){0,4}?(?:nachricht\w*|sms|texte|schreib\w*|kontakt\w*|senden|schicken|belastig\w*|texten|werbung|textnachricht\w*)(?: mehr)?(?! (?:bekommen|gesehen|gekriegt|von ihnen|gefunden))|(?:nicht|nie) (?:mehr|wieder|weiter) (?:\w+ )?(?:melden|schreiben|kontakt\w+|anschreiben|texten|senden|schicken|belastig\w+)|(?:schreib\w*|kontaktier\w*|text\w*|schick\w*|send\w*|belastig\w*) (?:sie |ihr )?(?:mir|mich|uns) (?:bitte )?(?:nicht|nie|keine)"),
    ("opt_out", r"hor\w* (?:sie |ihr |bitte |endlich |jetzt |doch |mal |damit )*auf\b"),
    ("opt_out", r"(?:losch\w+|entfern\w+|streich\w+|nehm\w+|nimm|trag\w+|meld\w+) (?:sie |ihr )?(?:bitte )?(?:mich|meine|diese|uns) (?:\w+ ){0,4}?(?:nummer|liste|verteiler|daten|ab|aus|loschen|von|vom|raus)\b|meine nummer (?:\w+ )?(?:loschen|vergessen|entfernen)|nummer loschen|falsche (?:nummer|person)|falsch verbunden|verwahlt|verwaehlt|lass\w* (?:sie )?(?:mich|uns) (?:bitte )?in (?:ruhe|frieden)|(?:mochte|mocht|will|wunsche|wunsch) (?:\w+ )?(?:mich abmelden|abgemeldet|(?:keine|keinen|nicht|nichts)(?: \w+){0,3}? (?:nachricht\w*|sms|texte|textnachricht\w*|werbung|kontakt\w*|erhalten|bekommen|angeschrieben|mehr(?= [.?])))|kein interesse an|abmelden bitte|mich abmelden|ich kenne sie nicht|verpiss\w*|hau ab|ich widerrufe|widerruf\w*"),
    ("help", r"wer (?:ist|sind|bist|schreibt|seid) (?:da|das|dort|sie|du|hier|ihr|mir)|woher haben sie|welche firma|wer da\b|worum geht"),
    # Italian
    ("opt_out", r"(?:basta|smett\w+|ferm\w+|finit\w+|stop|interromp\w+) (?:di |con |coi |a |questi |i |gli )?(?:\w+ ){0,2}?(?:mess\w+|sms|scriv\w+|mand\w+|invi\w+|contatt\w+|disturb\w+|importun\w+)|non (?:mi |ci )?(?:\w+ )?(?:scriv\w+|mand\w+|invi\w+|contatt\w+|disturb\w+|scrivermi|messaggi\w*)(?: piu)?|non (?:voglio|desidero|vorrei|intendo|gradisco) (?:piu )?(?:ricever\w+|messagg\w+|sms|essere|questi|altri)"),
    ("opt_out", r"(?:cancell\w+|rimuov\w+|togli\w*|toglie\w+|elimin\w+|leva\w*|disiscriv\w+)(?:mi|temi|ci)?(?: (?:il|mio|dalla|da|la|questo|vostra|tua|sua|mi|per|favore)){1,5}(?: lista| numero| nome| contatto)|toglietemi|toglimi|cancellatemi|cancellami|rimuovetemi|rimuovimi|eliminatemi|levatemi|non sono (?:io|la persona)|numero (?:e )?sbagliato|sbagliato (?:numero|persona)|ha(?:i|nno|te)? sbagliato|lasci\w+(?:mi|temi)? (?:in pace|stare)|lasciatemi|lasciami (?:in|stare)|persona sbagliata|non (?:la|vi|ti) conosco|disiscriv\w+|vaffanculo"),
    ("help", r"chi (?:e|sei|siete|parla|scrive|e lei)\b(?! il| la)|con chi parlo|come (?:\w+ ){0,3}(?:mio )?numero"),
    # Vietnamese
    ("opt_out", r"(?:dung|khong|thoi|ngung|cho|xin dung|dung co) (?:co |bao gio |duoc |muon |nen |can |gui |co gui |them |lai )*(?:nhan(?: tin| duoc| them)?|gui|lien lac|lien he|lam phien|text|nhan tin nhan|tin nhan|quay ray|spam)|ngung (?:gui|nhan)|khong muon (?:nhan|tin)|huy (?:dang ky|nhan)|xoa (?:so|ten)|(?:nham|sai|lon) (?:so|nguoi)|goi (?:nham|lon)|go (?:bo )?(?:so|ten)|de (?:toi|em|anh) yen|toi khong (?:quen|biet) (?:ban|anh|chi|ai|cac)|khong phai so|lay (?:so|ten) \w+ ra|bo so"),
    ("help", r"(?:ai (?:day|vay|do|the|nhan)|ban la ai|day la ai|cong ty nao|so cua ai)\b"),
    # Haitian Creole
    ("opt_out", r"(?:sispann|rete|kanpe|fini) (?:voye|ekri|tekste|teks|mesaj|kontakte|deranje|nwi|anmede|ak)|pa (?:voye|ekri|tekste|teks|kontakte|deranje|rele ni|janm|bezwen|vle)(?: \w+){0,3}? ?(?:mesaj|teks|ekri|m|mwen|anko|resevwa|kontakte)|(?:pa|nou pa|mwen pa) (?:vle|bezwen) (?:\w+ )?(?:mesaj|resevwa|teks)|(?:retire|wete|efase|siprime) (?:m|mwen|non|nimewo|mw|num)|move (?:nimewo|moun)|tronpe (?:nimewo|moun|de)|se pa (?:nimewo|mwen)|kite (?:m|mwen) (?:trankil|anpe)|pa janm ekri"),
    ("help", r"ki ?(?:yes|es|moun) (?:sa|ki|ou)|kiyes|ki moun|ki konpayi"),
    # Tagalog
    ("opt_out", r"(?:tigilan|itigil|tigil) (?:niyo|nyo|ninyo|mo|ang|na|po)|(?:h?u?wag|wag|tigil\w*|itigil|tama na|hinto|ihinto|ayaw|ayoko|di ko na|hindi ko) (?:\w+ ){0,4}?(?:text\w*|mag ?text|i ?text|itext|mensahe|message\w*|msg|padala\w*|magpadala|kontak\w*|contact\w*|istorbo\w*|guluhin|magmessage|makatanggap|tumanggap|gulo)|(?:alis\w*|tanggal\w*|bura\w*|burahin|delete|remove) (?:\w+ ){0,3}?(?:number ko|numero ko|numero|pangalan|listahan|ako|number ko)|maling (?:numero|number|tao)|mali (?:po )?(?:ang|yung|ka ng|yong) (?:number|numero)|(?:paki ?tanggal|paki ?stop|tanggalin|pakitigil)\w*|hindi (?:po )?ako (?:yan|yun|siya|iyan)|hindi (?:po )?ko (?:kayo|kilala)|wrong number (?:po|ka|kayo)|tigilan (?:mo|nyo|ninyo)|lubayan"),
    ("help", r"(?:sino (?:to|ito|ka|po|kayo|yan|sila)|kanino (?:to|ito)|paano (?:\w+ ){0,3}number)\b"),
    # Polish
    ("opt_out", r"(?:prosze |przestan\w*|przestac|przestancie) (?:\w+ ){0,3}?(?:pisac|wysylac|sms\w*|wiadomosci|nekac|mnie|kontaktowac|do mnie)|nie (?:pisz\w*|wysylaj\w*|przysylaj\w*|kontaktuj\w*|chce (?:\w+ ){0,2}?(?:wiadomosci|sms\w*|otrzymywac|dostawac|tego|zebyscie)|zycze|dzwon\w* i nie pisz\w*|niepoko\w+|zawracaj\w*)|wypis\w+ (?:mnie|sie)|mnie wypisac|usunac (?:mnie|moj numer|moje dane)|nie pisac|(?:prosze )?nie (?:pisac|wysylac|przysylac|kontaktowac)|usun\w* (?:mnie|moj numer|ten numer|numer)|(?:usun\w*|skresl\w*|wykresl\w*|wymaz\w*|wykasuj\w*|wykasowa\w*) (?:\w+ ){0,3}?(?:z (?:\w+ )?(?:listy|bazy|kontaktow)|numer\w* telefonu|moj\w* numer\w*)|mnie (?:usunac|skreslic|wykreslic|wykasowac)|(?:zly|bledny|niewlasciwy|nie ten) numer|prosze przestac|usunieci\w* (?:\w+ )?numer\w*|nie znam|to pomylka|pomylil\w* (?:\w+ )?numer|zostaw\w* mnie|dajcie (?:mi )?spokoj|rezygnuje z|odczep\w+|spadaj|wycofuje zgode|nie wyrazam zgody"),
    ("help", r"(?:kto (?:to|tam|pisze|mowi|jest)|jaka (?:to )?firma|skad (?:\w+ ){0,3}numer|co to za)\b"),
    # Hindi in Latin letters
    ("opt_out", r"(?:message|messages|msg|sms|text|mesej|sandesh|call aur message) (?:\w+ )?(?:mat|na|nahi|nahin|band|bandh|nai) (?:\w+ )?(?:karo|kare|kijiye|bhejo|bhejiye|bheje|karna|kro|karein|chahiye|bhejna)|(?:mat|na) (?:bhejo|bhejiye|bhejna|karo message|karo text)|band (?:karo|kare|kijiye|kar do|kro)|(?:mera|meri|mere) (?:number|no|naam) (?:\w+ ){0,3}?(?:hata\w*|delete|remove|nikal\w*)|galat (?:number|no|aadmi)|pareshan (?:mat|na|karna band)|tang (?:mat|na)|mujhe (?:\w+ )?(?:akela|chod)"),
    ("help", r"(?:aap|tum|ye|yeh) kaun|kaun (?:hai|ho|hain|bol)"),
    # Dutch, Turkish, Indonesian, Romanian
    ("opt_out", r"(?:stop|hou op) met (?:\w+ ){0,3}?(?:sms\w*|berichten|appen|sturen|texten)|geen (?:berichten|sms\w*) meer|stuur (?:me|mij) (?:geen|niet)|verkeerd nummer|verwijder (?:mij|me|mijn)|(?:haal|schrijf|gooi|wis) (?:mij|me|mijn nummer) (?:\w+ ){0,3}?(?:lijst|uit|bestand|af)|(?:geen|niet) (?:meer )?(?:sms\w*|berichten|appen|sturen|contact\w*)(?= [.?]| meer| sturen)|wil geen (?:berichten|sms\w*)|laat (?:me|mij) met rust|mesaj (?:atma|gonderme|atmayin|gondermeyin)\w*|yanlis numara|mesaj\w* (?:istemiyorum|almak istemiyorum|yollama\w*|durdur\w*)|listeden (?:cikar\w*|sil\w*)|rahatsiz etme\w*|bir daha (?:yazma\w*|mesaj\w*)|numaram\w* sil\w*|beni rahat|jangan (?:\w+ )?(?:sms|kirim|pesan|hubungi|ganggu|chat)|(?:berhenti|stop|hentikan) (?:\w+ )?(?:kirim\w*|mengirim\w*|sms|chat|pesan|hubungi|menghubungi)|tidak mau (?:\w+ )?(?:pesan|sms)|keluarkan saya|salah (?:nomor|sambung)|hapus (?:\w+ )?nomor|nu (?:ma |imi |mi |ne )?mai (?:trimite\w*|scrie\w*|contacta\w*|deranja\w*|vreau (?:mesaj\w*|sms\w*|sa primesc)|doresc|suna\w* si)|nu vreau mesaj\w*|sterge\w* (?:\w+ )?numar\w*|scoate\w* ma|opriti mesaj\w*|numar gresit"),
]  # fmt: skip


_GRAVEST: tuple[Label, ...] = ("opt_out", "ambiguous", "help", "opt_in")


def _latin(label: str) -> re.Pattern[str]:
    """Return all patterns of one label over whole words as one; accents gone."""
    every = [p for kind, p in [*spanish.PATTERNS, *_LATIN] if kind == label]
    plain = "|".join("".join(fold(c) if ord(c) > 127 else c for c in p) for p in every)
    return re.compile(rf"(?<= )(?:{plain})(?![^\W_])")


_COVER = _latin("cover")
_PATTERNS = [(label, _latin(label)) for label in _GRAVEST]


def _alone() -> dict[str, Label]:
    """Return {whole reply: label}."""
    found: dict[str, Label] = {}
    for table in (_ALONE, spanish.ALONE, SCRIPT_ALONE):
        for label, words in table.items():
            for word in words.split():
                found[" ".join(fold(word.replace("_", " ")).split())] = label  # type: ignore[assignment]
    return found


ALONE = _alone()
# Without their accents these are other words ("đúng" is yes).
_VIETNAMESE_STOP = re.compile(
    r"(?:xin |hãy )?(?:dừng|đừng|ngừng|thôi|ngưng)(?: lại| đi| nữa| ngay)?"
)
_NOT_ENGLISH = frozenset(
    each(
        "no ya me de que si je ne mon plus pas nao meu mir mich keine nicht sie non mi di khong "
        "dung toi pa m mwen wag huwag ako na nie mat karo"
    )
)


def alone(words: list[str]) -> Reading | None:
    """Read the words of a whole short reply, or of a clause, in another language."""
    phrase = " ".join(words)
    for said in (phrase, " ".join(word for word in words if word not in _COURTESY)):
        if said in ALONE and (said == phrase or ALONE[said] == "opt_out" or "stop" not in words):
            return Reading(ALONE[said], said[:60], "per_se" if ALONE[said] == "opt_out" else "bare")
    return None


def foreign_alone(words: Words, folded: str, text: str) -> Reading | None:
    """Read a whole short reply in another language; ``text``: as it was written, accents and all."""
    if len(text) < 40 and _VIETNAMESE_STOP.fullmatch(
        unicodedata.normalize("NFC", text).casefold().strip(" .!")
    ):
        return Reading("opt_out", text.strip()[:60], "per_se")
    plain = [word for word in words.plain.split() if word not in ".?"]
    if len(plain) > 8:
        return None
    bare = " ".join(folded.split()).strip(" .!?,;…。！？、\"“”'()")
    return alone(plain) or alone([bare]) or (alone(plain[:1]) if len(set(plain)) == 1 else None)


def foreign(words: Words, folded: str) -> Reading | None:
    """Read a text in another language by its phrases."""
    best: Reading | None = None
    if not folded.isascii():
        for script in SCRIPTS:
            if script.letters.search(folded):
                text = ("" if script.is_unspaced else " ").join(folded.split())
                for label, pattern in script.patterns:
                    if found := pattern.search(text):
                        reading = Reading(label, found.group().strip()[:60], "phrase")
                        if label == "opt_out":
                            return reading
                        best = best or reading
    plain = words.plain.replace(" kiero ", " quiero ").replace(" ke ", " que ")
    line = _COVER.sub("_", plain)
    for label, pattern in _PATTERNS:
        if (best is None or label == "opt_out") and (found := pattern.search(line)):
            best = Reading(label, found.group().strip()[:60], "phrase")
    return best

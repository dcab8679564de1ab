"""Spanish ways of refusing texts, accents gone as optout_fold leaves them. Pure.

Patterns are regular expressions over `Words.plain`, whole words; (see optout_languages for the
others). First come the words that alone are an instruction.
"""

from __future__ import annotations

ALONE = {
    "opt_out": "alto basta pare parar paren para parale detener detente detenganse detenga deten cancelar cancela "
    "cancele cancelen baja desuscribir desuscribirme desuscribirse desuscribeme desuscriban desuscripcion "
    "borrar borrame borrenme eliminar eliminame eliminenme quitar quitame quitenme salir finalizar fin "
    "terminar termina terminen suspender suspendan remover remuevame remuevanme sacame saquenme anular "
    "no_mas no_mas_por_favor ya_no ya_no_mas ya_basta basta_ya ya_para ya_parale ya_paren ya_pare "
    "dejar_de_recibir darme_de_baja dar_de_baja dame_de_baja baja_por_favor stop_mensajes equivocado "
    "equivocada numero_equivocado se_equivoco no_molestar no_moleste no_molesten dejame_en_paz largate "
    "fuera_de_aqui dejen_de_molestar dejenme no_insista no_insistan olvidenme cesar ceso cese parenle paralo larguense larguese cancelar_todo cancela_todo sin_mensajes no_mensajes no_textos no_sms no_contactar no_contactarme",
    "ambiguous": "no_gracias pausar espera suficiente ya listo_no nada spam estafa fraude molestia que "
    "no_quiero no_me_interesa ahora_no por_ahora_no no_por_ahora cancelalo ya_estuvo deja dejalo",
    "opt_in": "empezar comenzar iniciar alta reanudar suscribir suscribirme activar suscribirse reactivar",
    "help": "ayuda informacion",
}

# To write, send, bother: as a command, an infinitive or going on, not as something that happened.
_SEND = (
    r"(?:(?:man[dt]|envi|text|contact|molest|fastidi|acos)(?:e|en|es|ar|ando)|(?:escrib|escriv)(?:a|an|as|ir|iendo)|"
    r"(?:text|mensaj)(?:ee|een|ees|ear|eando)|busqu(?:e|en|es)|notifi(?:que|quen|ques|car)|jod(?:a|an|as|er)|"
    r"ch?ingu(?:e|en|es)|spame\w*|whats\w*|comuni(?:que|quen|ques|car)|llegu(?:e|en)|hable\w* por mensaje)(?:me|nos|le|les|se|lo|los)?"
)
_STUFF = r"(?:mensaj\w*|textos?|sms|msjs?|msgs?|notificaciones|avisos|spam|cosas|correos? y textos?|publicidad|propaganda|promociones|eso|estos?|esto|nada)"
_GAP = r"(?:\w+ ){0,3}?"
_ME = r"(?:me|nos|mi|a)"

PATTERNS: list[tuple[str, str]] = [
    # What refuses nothing: read before the rest.
    ("cover", r"no (?:pares?|paren|dejen?|dejes|deje|cancelen?|canceles) (?:de )?\w+"),
    (
        "cover",
        r"(?:sin|de) parar|para (?!(?:los|las|estos|esos|con los|de una vez) (?:mensaj|texto|sms|notif))(?:el|la|los|las|un|una|mi|que|hoy|manana|ver|saber|cuando|pedir|hacer|agendar)",
    ),
    (
        "cover",
        r"(?:parar|detener|pare|paren|paran|quitar|quitan|remover|remueven|eliminar|eliminan|sacar|sacan|borrar|cancelar|cancele|cancela) (?:el|la|los|las|un|una|mi|su|este|esta|esa|ese) (?!lista|numero|texto|textos|mensaj\w*|sms|suscripcion|contacto|servicio|nombre|informacion)\w+",
    ),
    (
        "cover",
        r"no (?:me )?(?:ha|han|he) (?:recibido|llegado|mandado|enviado|escrito|contestado)\b|no (?:me )?lleg[oa]\w*|no (?:me )?(?:contest\w+|respond\w+)|no recibi\b",
    ),
    # Opt-outs.
    (
        "opt_out",
        rf"(?:no|ya no|nunca|jamas|ni) (?:{_ME} )?(?:vuelv\w+ a |sig\w+ |quiero que (?:{_ME} )?|deseo que (?:{_ME} )?|estén? |esten |este |{_ME} )*(?:{_ME} )?{_SEND}(?:me|nos|le)?\b(?! (?:la|el|al|un|una|las|los|a nadie|a ese|a la|cuando|mi|mas fotos)\b(?! (?:mensaj|texto|sms)))",
    ),
    (
        "opt_out",
        rf"(?:deje|dejen|deja|dejar|paren?|pare|para|parar|basta|termin\w+|ces\w+|detengan?|stop|alto) (?:ya |de |con |por favor |a )*(?:{_ME} )?{_SEND}(?:me|nos)?\b",
    ),
    (
        "opt_out",
        r"(?:paren|pare|para|basta|alto|deten\w*|cancel\w+|suspend\w+|stop|dejen|deje|termin\w+|elimin\w+|quit\w+|no mas|ya no|bloque\w+|desactiv\w+) (?:ya |de |con |por favor |a |mas |recibir |quiero |los |las |el |la |estos |estas |sus |tus |esos |todos |tantos |enviar |mandar |envio ){0,5}(?:mensaj\w*|textos?|sms|msjs?|notificaciones|spam)",
    ),
    (
        "opt_out",
        rf"(?:no|ya no|nunca) (?:quiero|deseo|quisiera|necesito|acepto|autorizo|pedi|solicite|quieren|me interesa|me interesan|me gusta|doy permiso|gusto|consiento|estoy interesad\w) (?:mas |a |en |de |para |que |seguir |recibir |recibiendo |sus |tus |los |las |estos |estas |esos |ningun |ver |tener |ser |me ){{0,5}}(?:mensaj\w*|textos?|sms|msjs?|notificaciones|spam|recib\w+|contactad\w|publicidad|contacto|comunicac\w+|molestad\w|avisos|llamadas ni|que me (?:{_SEND}))",
    ),
    (
        "opt_out",
        r"(?:no|ya no|nunca) (?:quiero|deseo|quisiera) (?:mas(?= [.?]| por| gracias| de esto)|recibir(?: nada| mas| esto| estos)?|recibirlos|estar en (?:la|su|esta) lista|saber (?:nada )?de ustedes|nada de ustedes|nada con ustedes|esto|que me (?:escrib|contact|mand|envi|molest|busq)\w+)",
    ),
    (
        "opt_out",
        r"(?<!donde )(?<!como )(?:quit|sac|borr|elimin|remuev|remov|retir|dese?nscrib|desuscrib|d(?:e|en|a) de baj)\w*(?:me|nos|lo)?(?: (?:de|a|mi|el|este|la|su|tu|esta|por favor|ya|mis|todos|todo|datos|y|telefono|celular|nombre)){1,5} (?:lista|numero|datos|telefono|celular|nombre|contacto|contactos|base|sistema|informacion|registros?|aqui)",
    ),
    (
        "opt_out",
        r"(?:quitenme|quiteme|quitame|saquenme|saqueme|sacame|borrenme|borreme|borrame|eliminenme|elimineme|eliminame|remuevanme|remuevame|desuscriban\w*|desuscrib\w+|desinscrib\w+|desenscrib\w+)",
    ),
    (
        "opt_out",
        r"(?:dar|darme|darnos|denme|deme|dame|doy|quiero|quisiera|solicito|pido) (?:de |la |darme |mi |darme de )*baja(?! (?:el|la|mi|un|una|del|al) (?!lista|numero|servicio de (?:mens|text)))|como (?:puedo )?(?:paro|pararlo|parar|dejo|cancelo|detengo|salgo|evito|elimino|quito|bloqueo|me salgo|me quito)",
    ),
    (
        "opt_out",
        r"(?:quiero|deseo|quisiera|necesito|favor de|por favor|como puedo|como le hago para|como hago para|como|como me|como hago) (?:que )?(?:dejar de recibir|cancelar (?:los|estos|sus) (?:mensajes|textos)|salir(?:me)? de (?:la|esta|su) lista|desuscrib\w+|parar (?:los|estos|esto)|detener (?:los|estos|esto)|que (?:paren|dejen|pare|deje)(?: de)?)",
    ),
    (
        "opt_out",
        r"dej(?:e|en|a)?(?:me|nos|nme|nnos)? (?:en paz|tranquil\w+|de (?:molestar|fregar|joder|chingar|mandar|escribir|enviar|acosar)|ya)|dejenme|dejeme en|dejame en",
    ),
    (
        "opt_out",
        r"(?:numero|persona|telefono|cliente|contacto|destinatario) (?:es |esta )?(?:equivocad\w|incorrect\w|errone\w|mal)|(?:esta|estan|estas) equivocad\w+(?: de)?|(?:se |te )(?:equivoc\w+|confundi\w+) de (?:numero|persona)|se equivoc\w+|me equivoque (?:de numero|al marcar|de telefono)|marque (?:mal|equivocado|por error|el numero equivocado)|llame por (?:error|equivocacion|accidente)|no era (?:a )?ustedes|fue (?:un error|sin querer|por error|una equivocacion)|no soy (?:yo|esa persona|la persona|quien (?:buscan|busca)|\w+ (?:se equivoco|numero))|no es(?:ta)? (?:no )?es la persona|(?:esta|este|ella|el) no es (?:la persona|el numero|su numero|numero)|no (?:les |le |te )?di mi numero|sin mensajes|no vive aqui|aqui no (?:vive|trabaja|esta) (?!nadie)\w+|(?:aqui )?no hay ningun\w* \w+ (?:aqui|en este)|no (?:los?|las?|te|le|les) conozco",
    ),
    (
        "opt_out",
        r"(?:revoco|retiro|cancelo|no doy|no di|nunca di|no he dado|quito|sin) (?:mi |el |ningun |mas |le |les )*(?:permiso|consentimiento|autorizacion)|no (?:los |les |le |te )?(?:autoriz\w+|di permiso)|(?:los|voy a|les voy a|te voy a|las) (?:voy a )?(?:demandar|reportar|denunciar)\w*|mi abogado|es acoso|acoso",
    ),
    (
        "opt_out",
        r"(?:vete|vayanse|vayase|larga\w+|lárg\w+) (?:al? )?(?:diablo|carajo|mierda|demonio|de aqui)|chinga\w* (?:tu|a)|no (?:me )?(?:chingues|chinguen|jodas|jodan|estes chingando)|vete a la|callense|callate",
    ),
    (
        "opt_out",
        r"olvid\w+ (?:de )?(?:mi|este) numero|pierd\w+ mi numero|borr\w+ (?:mi|este) (?:numero|telefono|contacto)|ya (?:les?|te) dije que (?:no|pare\w*|alto|stop|basta|ya)|ya no mas|no mas (?:mensajes|textos|por favor|gracias)|basta (?:ya )?(?:de|con) (?:esto|mensajes|textos|tanto\w*|sus|los|spam)|ya (?:parenle|parale|parele|paren|basta|dejen|deje|deja)|no (?:me )?respond\w+ mas",
    ),
    (
        "opt_out",
        r"(?:poner|pongan?|ponganme|anoten?|registr\w+)(?:me)? en (?:la|su) lista de no (?:llamar|contactar)|lista de no (?:llamar|contactar)",
    ),
    ("opt_out", r"para (?:los|estos|esos|tus|sus) (?:mensajes|textos)|para ya"),
    (
        "opt_out",
        r"(?:dej\w+|par\w+) de (?:estar |andar )?(?:\w*molest\w+|fastidi\w+|mand\w+|escrib\w+|envi\w+|llamar y \w+)|no (?:me|nos|le) habl\w+ (?:mas|nunca|por)|no quiero saber (?:nada|mas)|"
        r"(?:equivocad\w|errone\w|incorrect\w) (?:de )?(?:numero|persona)|no soy (?:yo|el due\w+|la due\w+|el que|la que|quien|esa|ese)|ya no (?:tiene|usa|es de|es) \w* ?(?:este |mi |su )?(?:numero|telefono)|"
        r"(?:este )?numero ya no es|no conozco a (?:esa|ese|nadie|esas|esos|ninguna)|(?:anul|cancel)\w+ (?:la |mi )?suscripcion (?:de|a) (?:los |sus |estos )?(?:mensajes|textos|sms)|"
        r"cancel\w+ (?:mis|mi|tus|sus) (?:mensajes|textos|sms)|baja de (?:los |sus |estos |la )?(?:mensajes|textos|lista|sms)|saqu\w+ (?:mi|este|el) (?:numero|nombre|telefono)|"
        r"(?:borren|borre|borra|eliminen|elimine|elimina|quiten|quite|quita)(?:lo|la|los)\b|no (?:me|nos) (?:interes\w+|gust\w+) (?:sus|tus|los|estos|recibir)|no (?:me )?(?:escribas|contactes)|"
        r"(?:les|le|te) pido que (?:no|ya no|dej\w+|par\w+)|favor de no (?:\w+ )?(?:mand|envi|escrib|molest|text|contact)\w+|(?:prohib\w+|rechaz\w+) (?:\w+ ){0,3}(?:mensajes|textos|contact\w+)",
    ),
    # Doubts.
    (
        "ambiguous",
        r"demasiados (?:mensajes|textos)|tantos (?:mensajes|textos)|por que (?:me )?(?:sig\w+|tanto\w*|molest\w+)|que molest\w+|muy molest\w+|son muy|no (?:me interesa|gracias|estoy interesad\w+)\b|(?:solo|nada mas|unicamente) (?:promociones|recordatorios|citas)|ya no necesito nada|cancel\w+ (?:mi )?(?:cuenta|suscripcion|servicio)|es (?:spam|estafa|fraude)|harto de|cansad\w+ de",
    ),
    (
        "ambiguous",
        r"(?:paren|pare|para|deje|dejen|no) (?:de )?llam\w+ (?:mas|nunca|jamas|otra vez|a este)",
    ),
    # Questions and consent.
    (
        "help",
        r"(?:quien(?:es)?|kien) (?:es|eres|son|habla|manda|escribe|me|esta|envia|sos|era|anda)\b(?! el| la| mi)|de (?:parte de quien|quien es|que se trata|que (?:compania|empresa|negocio))|que (?:es esto|numero es este|compania|empresa es|negocio es|quieren|es este numero)|(?:como|de donde|donde|quien) (?:\w+ ){0,3}(?:mi|este) (?:numero|telefono|celular|informacion)|por que me (?:llega|escrib|manda|envia|text|contact)\w*|(?:me )?(?:cuesta|cobran|tiene costo)(?: \w+){0,3} (?:mensaj\w*|textos?|sms)|es (?:real|legitimo|una estafa|spam)|los? conozco|nos conocemos|cada cuanto",
    ),
    (
        "opt_in",
        r"(?:si|claro|ok|okay) (?:\w+ )?(?:me )?(?:pued\w+|quiero|acepto|autorizo|doy|mand\w+|envi\w+) (?:\w+ ){0,3}?(?:mensaj\w*|text\w*|recib\w+|escrib\w+|contact\w+|permiso|sms)|(?:me )?pued\w+ (?:mandar\w*|enviar\w*|escribir\w*|textear\w*|mensajear\w*|seguir\w*)(?: mensajes| textos| por texto| cuando| otra| de nuevo)?|quiero (?:seguir |volver a )?(?:recibir|recibiendo)|(?:volver a|vuelvan? a) (?:suscrib|mand|envi|inscrib|escrib)\w+|acepto (?:recibir|mensajes|textos)|suscrib\w+ (?:otra vez|de nuevo)|reactiv\w+",
    ),
]

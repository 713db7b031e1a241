"""The desk in French: the first start, the settings and their keys."""

from __future__ import annotations

PEOPLE: dict[str, str] = {
    "Enter": "Entrée",
    "Esc": "Échap",
    "Space": "Espace",
    "PgUp": "Pg préc",
    "PgDn": "Pg suiv",
    "Kestrel: first start": "Kestrel : premier démarrage",
    "Welcome to the desk": "Bienvenue au poste",
    "Tab goes on, Space presses a button, Enter goes to the next field. This is asked once.": (
        "Tab avance, Espace presse un bouton, Entrée passe au champ suivant. Ceci n'est demandé qu'une fois."
    ),
    "Language": "Langue",
    "Officer": "Agent",
    "Sound": "Son",
    "as midtown-south": "par exemple midtown-south",
    "machine and port, as 127.0.0.1:1883": "machine et port, par exemple 127.0.0.1:1883",
    "as duarte": "par exemple duarte",
    "Test": "Essayer",
    "Play the alert's sound": "Jouer le son d'une alerte",
    "Open the desk": "Ouvrir le poste",
    "The broker is given as machine and port, as 127.0.0.1:1883.": "Le courtier s'écrit machine et port, par exemple 127.0.0.1:1883.",
    "Trying {host}, port {port} …": "Essai de {host}, port {port} …",
    "The broker answers. All is well.": "Le courtier répond. Tout va bien.",
    "No machine has this name. Check the spelling, or give its number, as 192.168.1.20.": (
        "Aucune machine n'a ce nom. Vérifiez l'orthographe ou donnez son numéro, par exemple 192.168.1.20."
    ),
    "The machine is there, but no broker listens on this port. Is the station started? The usual port is 1883.": (
        "La machine est là, mais aucun courtier n'écoute sur ce port. Le poste est-il démarré ? Le port habituel est 1883."
    ),
    "Nothing answers. Is this machine in the station's network, and is the address right?": (
        "Rien ne répond. Cette machine est-elle sur le réseau du poste, et l'adresse est-elle juste ?"
    ),
    "No way leads there. Is the network cable or the Wi-Fi connected?": (
        "Aucun chemin n'y mène. Le câble réseau ou le Wi-Fi est-il branché ?"
    ),
    "Something answers, but it is no broker. Check the port; the usual one is 1883.": (
        "Quelque chose répond, mais ce n'est pas un courtier. Vérifiez le port ; le port habituel est 1883."
    ),
    "The broker is there, but does not let this desk in. Ask who looks after the station.": (
        "Le courtier est là, mais n'admet pas ce poste. Demandez à qui s'occupe du poste."
    ),
    "That was an alert. Did you hear it? If not, turn up this machine's sound.": (
        "C'était une alerte. L'avez-vous entendue ? Sinon, montez le son de cette machine."
    ),
    "This machine has no sound: new alerts are shown by their edge and in the title.": (
        "Cette machine n'a pas de son : les nouvelles alertes se voient à leur bord et dans le titre."
    ),
    "{field}: 1 to 32 small letters, digits or hyphens.": "{field} : 1 à 32 petites lettres, chiffres ou traits d'union.",
    "Settings": "Réglages",
    "settings": "réglages",
    "Enter and Down go on, Up goes back, Esc closes. Each change is kept at once.": (
        "Entrée et Bas avancent, Haut recule, Échap ferme. Chaque changement est gardé aussitôt."
    ),
    "Search in the settings": "Chercher dans les réglages",
    "day": "jour",
    "night": "nuit",
    "contrast": "contraste",
    "on": "oui",
    "off": "non",
    "Colours": "Couleurs",
    "Language, from the next start": "Langue, au prochain démarrage",
    "Large targets for gloves, from the next start": "Grandes cibles pour gants, au prochain démarrage",
    "Drone lost after seconds, from the next start": "Drone perdu après (secondes), au prochain démarrage",
    "Station, from the next start": "Poste, au prochain démarrage",
    "Broker, from the next start": "Courtier, au prochain démarrage",
    "Officer, from the next start": "Agent, au prochain démarrage",
    "Key: {words}": "Touche : {words}",
    "All keys as they were": "Toutes les touches d'origine",
    "All keys are as they were.": "Toutes les touches sont celles d'origine.",
    "Press the new key": "Pressez la touche",
    "Press the key you want; Esc leaves it as it is.": "Pressez la touche voulue ; Échap ne change rien.",
    "The digits 1 to 9 choose a code: take another key.": "Les chiffres 1 à 9 choisissent un code : prenez une autre touche.",
    "Kept. {key} was “{words}”, which has {other} now.": "Gardé. {key} était « {words} », qui a maintenant {other}.",
    "A drone is lost after 1 to 600 seconds.": "Un drone est perdu après 1 à 600 secondes.",
    "Kept.": "Gardé.",
    "Kept: from the next start.": "Gardé : au prochain démarrage.",
}

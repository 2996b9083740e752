package text

// accounts are what people who sign in are told, and the mails they get.
var accounts = map[string]entry{
	"sign_in_failed":    {"The e-mail address or the password is not right.", "L’adresse électronique ou le mot de passe est incorrect."},
	"sign_in_busy":      {"Too many people are signing in at this moment. Try again in a few seconds.", "Trop de personnes se connectent en ce moment. Réessayez dans quelques secondes."},
	"signed_out":        {"You are not signed in, or your session has ended. Sign in again.", "Vous n’êtes pas connecté, ou votre session a expiré. Connectez-vous à nouveau."},
	"throttled":         {"Too many attempts; try again in {seconds} s.", "Trop de tentatives ; réessayez dans {seconds} s."},
	"code_wrong":        {"This code is not right, or was used already. Wait for the next one.", "Ce code est incorrect ou a déjà servi. Attendez le suivant."},
	"password_wrong":    {"The password is not right.", "Le mot de passe est incorrect."},
	"password_weak":     {"This password is known from leaks or easy to guess. Take a few words that do not belong together.", "Ce mot de passe figure dans des fuites ou est facile à deviner. Choisissez quelques mots sans rapport entre eux."},
	"totp_already_on":   {"The second factor is on already. Turn it off before setting up another one.", "Le second facteur est déjà activé. Désactivez-le avant d’en configurer un autre."},
	"totp_not_begun":    {"Begin setting up the second factor again.", "Recommencez la configuration du second facteur."},
	"session_not_found": {"There is no such session; it may have ended.", "Cette session n’existe pas ; elle a peut-être pris fin."},
	"link_expired":      {"This link does not work any more. Ask for a new one.", "Ce lien n’est plus valable. Demandez-en un nouveau."},
	"setup_code_wrong":  {"This is not the code that the server printed when it started.", "Ce n’est pas le code que le serveur a affiché à son démarrage."},
	"already_set_up":    {"This deployment is set up already. Sign in.", "Cette installation est déjà configurée. Connectez-vous."},

	"mail_invite_subject": {"You are invited to {organization} on Airside", "Invitation à rejoindre {organization} sur Airside"},
	"mail_invite_text": {
		"Hello,\n\n{inviter} added you to “{organization}” on Airside.\n\nChoose a password to sign in with {email}:\n\n{url}\n\nThe link works once, for 7 days. If you do not know what this is about, ignore this mail.\n",
		"Bonjour,\n\n{inviter} vous a ajouté à « {organization} » sur Airside.\n\nChoisissez un mot de passe pour vous connecter avec {email} :\n\n{url}\n\nCe lien ne fonctionne qu’une fois, pendant 7 jours. Si vous ne savez pas de quoi il s’agit, ignorez ce message.\n",
	},
	"mail_added_subject": {"You were added to {organization} on Airside", "Vous faites maintenant partie de {organization} sur Airside"},
	"mail_added_text": {
		"Hello,\n\n{inviter} added you to “{organization}” on Airside. Sign in as you are used to, with {email}:\n\n{url}\n",
		"Bonjour,\n\n{inviter} vous a ajouté à « {organization} » sur Airside. Connectez-vous comme d’habitude, avec {email} :\n\n{url}\n",
	},
	"mail_reset_subject": {"Choose a new password for Airside", "Choisir un nouveau mot de passe pour Airside"},
	"mail_reset_text": {
		"Hello,\n\nsomebody, hopefully you, asked for a new password for {email} on Airside. Choose it here:\n\n{url}\n\nThe link works once, for one hour. If it was not you, ignore this mail: your password stays as it is.\n",
		"Bonjour,\n\nQuelqu’un, vous sans doute, a demandé un nouveau mot de passe pour {email} sur Airside. Choisissez-le ici :\n\n{url}\n\nCe lien ne fonctionne qu’une fois, pendant une heure. Si la demande ne vient pas de vous, ignorez ce message : votre mot de passe reste inchangé.\n",
	},
	"mail_changed_subject": {"Your password for Airside was changed", "Votre mot de passe Airside a été modifié"},
	"mail_changed_text": {
		"Hello,\n\nthe password of {email} on Airside was changed just now, and all other sessions were ended. If it was not you, ask for a new password at once:\n\n{url}\n",
		"Bonjour,\n\nLe mot de passe de {email} sur Airside vient d’être modifié et toutes les autres sessions ont été fermées. Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe :\n\n{url}\n",
	},
	"mail_totp_on_subject": {"The second step of signing in to Airside was turned on", "La deuxième étape de connexion à Airside a été activée"},
	"mail_totp_on_text": {
		"Hello,\n\nfrom now on, signing in to Airside with {email} takes a code of an authenticator app, too. If it was not you who turned that on, somebody knows your password: tell whoever runs this Airside at once.\n\n{url}\n",
		"Bonjour,\n\nDésormais, se connecter à Airside avec {email} demande aussi un code d’une application d’authentification. Si ce n’est pas vous qui avez activé cette étape, quelqu’un connaît votre mot de passe : prévenez immédiatement la personne qui administre cette installation.\n\n{url}\n",
	},
	"mail_totp_off_subject": {"The second step of signing in to Airside was turned off", "La deuxième étape de connexion à Airside a été désactivée"},
	"mail_totp_off_text": {
		"Hello,\n\nfrom now on, the password alone signs in to Airside with {email}; the recovery codes are void. If it was not you, ask for a new password at once and turn the second step on again:\n\n{url}\n",
		"Bonjour,\n\nDésormais, le mot de passe suffit pour se connecter à Airside avec {email} ; les codes de secours sont caducs. Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe et réactivez la deuxième étape :\n\n{url}\n",
	},
}

package text

// flights are the sentences about people, aircraft and flights.
var flights = map[string]entry{
	"person_not_found":   {"There is no such person.", "Cette personne n’existe pas."},
	"aircraft_not_found": {"There is no such aircraft.", "Cet aéronef n’existe pas."},
	"flight_not_found":   {"There is no such flight.", "Ce vol n’existe pas."},
	"person_in_use":      {"This person is on the crew of flights; set the status to left instead.", "Cette personne figure dans l’équipage de vols ; mettez plutôt son statut sur left."},
	"aircraft_in_use":    {"This aircraft has flights; set the status to sold instead.", "Cet aéronef a des vols ; mettez plutôt son statut sur sold."},

	"not_linked": {"Your membership is not linked to a person of this organization; ask an administrator.", "Votre adhésion n’est liée à aucune personne de cette organisation ; adressez-vous à un administrateur."},

	"period_locked":         {"Flights before {date} are closed.", "Les vols d’avant le {date} sont clôturés."},
	"sole_pic":              {"A flight is approved by somebody else than its only pilot in command.", "Un vol est approuvé par une autre personne que son unique commandant de bord."},
	"meter_overlap":         {"Flight {number} already has some of these {meter} readings.", "Le vol {number} a déjà une partie de ces relevés {meter}."},
	"warnings_not_accepted": {"The flight has warnings that must be accepted; warnings[] names them.", "Le vol a des avertissements à accepter ; warnings[] les nomme."},

	"out_of_order":      {"Must not be before the one before it.", "Ne doit pas précéder la valeur d’avant."},
	"too_late":          {"Is more than a week after the one before it.", "Est plus d’une semaine après la valeur d’avant."},
	"too_far":           {"Is more than 48 hours after the start.", "Est à plus de 48 heures du début."},
	"too_large":         {"Must be at most {max}.", "Doit être au plus {max}."},
	"twice":             {"Is named twice.", "Figure deux fois."},
	"not_hours":         {"Must be decimal hours with up to two places, such as \"1506.70\".", "Doit être en heures décimales avec deux décimales au plus, p. ex. « 1506.70 »."},
	"not_a_decimal":     {"Must be a decimal with up to two places, such as \"62.5\".", "Doit être un nombre décimal avec deux décimales au plus, p. ex. « 62.5 »."},
	"not_with_aircraft": {"A flight has either an aircraft or a training device.", "Un vol a soit un aéronef, soit un dispositif d’entraînement."},
	"no_time":           {"Block times or a logged time above zero are needed.", "Des heures bloc ou un temps inscrit supérieur à zéro sont nécessaires."},
	"no_pilot":          {"Somebody must be pic or student.", "Quelqu’un doit être pic ou student."},
	"no_device":         {"A session needs a training device, or an aircraft of class FSTD.", "Une séance nécessite un dispositif d’entraînement ou un aéronef de classe FSTD."},
	"in_future":         {"Is more than 24 hours in the future.", "Est à plus de 24 heures dans le futur."},
	"exceeds_flight":    {"Is longer than the flight.", "Est plus long que le vol."},
	"own_crew_only":     {"You may only enter flights that you were on the crew of; a passenger is not.", "Vous ne pouvez saisir que des vols dont vous étiez membre d’équipage ; un passager ne l’est pas."},
	"pic_and_dual":      {"PIC and dual time together exceed the flight.", "Les temps PIC et double commande dépassent ensemble le vol."},
}

package account

// HashRuns is how often a password was hashed or compared.
func (s *Service) HashRuns() int64 { return s.hasher.runs.Load() }

// Production is what passwords are hashed with; tests take less, because they hash a lot.
var Production = params

func init() { params.Memory, params.Iterations = 64, 1 }

var (
	PlainLine = plainLine
	Network   = network
	NewToken  = newToken
)

// Weak tells whether a password would be refused for what it is.
func Weak(password string, about ...string) bool { return weak(password, known(about...)) }

// Package config is what the operator can set: by flag, by environment (AIRSIDE_…) or in a YAML file, in that
// order of precedence. Every value has a usable default.
package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// version is set when a release is built.
var version = "dev"

// Version names this build.
func Version() string { return version }

// Store says where the records are.
type Store struct {
	Data          string `help:"Data folder: the embedded database, the master key, the files of tenants." default:"airside-data" env:"AIRSIDE_DATA" type:"path" placeholder:"DIR"`
	DatabaseURL   string `name:"database-url" help:"PostgreSQL address (postgres://…). Without it the embedded database in the data folder is used." env:"AIRSIDE_DATABASE_URL" placeholder:"URL"`
	SecurityStore string `name:"security-store" help:"Where each tenant's security.yml is kept: ${enum}. files is the data folder, for one node; database is for several; auto is files with the embedded database and database with PostgreSQL." enum:"auto,files,database" default:"auto" env:"AIRSIDE_SECURITY_STORE"`
	MasterKey     string `help:"Master key, 32 bytes in base64 or hex, instead of the file master.key in the data folder; several are separated by commas, and the first one seals." env:"AIRSIDE_MASTER_KEY" hidden:""`
}

// Log says what is logged, and how.
type Log struct {
	LogLevel  string `help:"Least level that is logged: ${enum}." enum:"debug,info,warn,error" default:"info" env:"AIRSIDE_LOG_LEVEL"`
	LogFormat string `help:"Form of the log on standard error: ${enum}." enum:"text,json" default:"text" env:"AIRSIDE_LOG_FORMAT"`
}

// HTTP says how the outside gets in.
type HTTP struct {
	Listen         string         `help:"Address to serve on; port 0 picks a free one." default:"127.0.0.1:8080" env:"AIRSIDE_LISTEN" placeholder:"ADDRESS"`
	BaseURL        string         `name:"base-url" help:"Address that the outside knows this deployment by, e.g. https://airside.example.org." env:"AIRSIDE_BASE_URL" placeholder:"URL"`
	TrustedProxies []netip.Prefix `help:"Addresses of reverse proxies whose X-Forwarded-For is believed (CIDR)." env:"AIRSIDE_TRUSTED_PROXIES" placeholder:"CIDR"`
	MetricsListen  string         `help:"Address to serve metrics for Prometheus on, at /metrics. They are for the operator alone; without it there are none." env:"AIRSIDE_METRICS_LISTEN" placeholder:"ADDRESS"`
	RateLimit      int            `help:"Requests a minute for each key." default:"3000" env:"AIRSIDE_RATE_LIMIT" placeholder:"N"`
	StopTimeout    time.Duration  `help:"How long a stop waits for what is in flight." default:"20s" env:"AIRSIDE_STOP_TIMEOUT"`
}

// Check refuses an address of the deployment that is more than an origin: links and the issuer of tokens begin with it, and
// nothing is served below a path.
func (h HTTP) Check() error {
	if h.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimRight(h.BaseURL, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Path != "" || strings.ContainsAny(h.BaseURL, "?#") {
		return fmt.Errorf("--base-url must be http:// or https:// with a host, and a port if need be, and nothing behind it: https://airside.example.org")
	}
	return nil
}

// Webhooks says how deliveries leave.
type Webhooks struct {
	WebhookAllowHTTP   bool           `name:"webhook-allow-http" help:"Allow http:// endpoints. For development only." env:"AIRSIDE_WEBHOOK_ALLOW_HTTP"`
	WebhookAllow       []netip.Prefix `name:"webhook-allow" help:"Private addresses that deliveries may go to (CIDR)." env:"AIRSIDE_WEBHOOK_ALLOW" placeholder:"CIDR"`
	WebhookCA          string         `name:"webhook-ca" help:"Certificates (PEM) that receivers may be signed by besides those that the system trusts." env:"AIRSIDE_WEBHOOK_CA" type:"path" placeholder:"FILE"`
	WebhookConcurrency int            `help:"Requests at once to one endpoint." default:"16" env:"AIRSIDE_WEBHOOK_CONCURRENCY" placeholder:"N"`
}

// Retention says how long is kept what grows with every event.
type Retention struct {
	WebhookRetention Period `name:"webhook-retention" help:"How long deliveries that have ended are kept, with all their attempts: at least 1d." default:"90d" env:"AIRSIDE_WEBHOOK_RETENTION" placeholder:"TIME"`
	EventRetention   Period `name:"event-retention" help:"How long events are kept: at least 396d, which are 13 months, and no shorter than --webhook-retention." default:"400d" env:"AIRSIDE_EVENT_RETENTION" placeholder:"TIME"`
}

// Usage says how often is written down what happens with each request.
type Usage struct {
	UsageInterval time.Duration `help:"How often uses of keys, and what apps read, are written down: from 1s to 10m. Until then they are known to the node that saw them." default:"30s" env:"AIRSIDE_USAGE_INTERVAL" placeholder:"TIME"`
}

// Check refuses what would write all the time, or lose much with a node that dies. What is not set has its usual value.
func (u Usage) Check() error {
	if u.UsageInterval != 0 && (u.UsageInterval < time.Second || u.UsageInterval > 10*time.Minute) {
		return fmt.Errorf("--usage-interval %s is not from 1s to 10m", u.UsageInterval)
	}
	return nil
}

// Mail says how mails leave. Without a host none do: links to accounts are then handed over by who makes them.
type Mail struct {
	SMTPHost     string `name:"smtp-host" help:"Mail server for invitations and new passwords." env:"AIRSIDE_SMTP_HOST" placeholder:"HOST"`
	SMTPPort     int    `name:"smtp-port" help:"Its port; the usual one of --smtp-tls if left out." env:"AIRSIDE_SMTP_PORT" placeholder:"N"`
	SMTPUser     string `name:"smtp-user" help:"Name to sign in to it with. The password comes by AIRSIDE_SMTP_PASSWORD." env:"AIRSIDE_SMTP_USER" placeholder:"NAME"`
	SMTPPassword string `name:"smtp-password" help:"Password to sign in to the mail server with." env:"AIRSIDE_SMTP_PASSWORD" hidden:""`
	SMTPFrom     string `name:"smtp-from" help:"Address that mails come from, e.g. 'Airside <airside@example.org>'." env:"AIRSIDE_SMTP_FROM" placeholder:"ADDRESS"`
	SMTPTLS      string `name:"smtp-tls" help:"How the connection is secured: ${enum}." enum:"starttls,tls,none" default:"starttls" env:"AIRSIDE_SMTP_TLS"`
	ToLog        bool   `kong:"-"` // the demo's: mails are written to the log, with the links in them
}

// Server is everything that 'airside serve' can be told.
type Server struct {
	Store
	Log
	HTTP
	Webhooks
	Retention
	Usage
	Mail
}

// Logger writes to standard error.
func (l Log) Logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// YAML reads a configuration file whose keys are the long flag names: 'rate-limit: 600'. A key that is no flag of
// the command or of another one is refused, so that a mistyped setting is not silently ignored.
func YAML(r io.Reader) (kong.Resolver, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(b, &values); err != nil {
		return nil, fmt.Errorf("configuration file: %s", yaml.FormatError(err, false, true))
	}
	return &resolver{values}, nil
}

type resolver struct{ values map[string]any }

// Validate refuses keys that no command knows.
func (r *resolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			known[f.Name] = true
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(app.Node)
	var unknown []string
	for k := range r.values {
		if !known[k] {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		sort.Strings(unknown)
		return fmt.Errorf("configuration file: unknown setting %s (settings are the long flag names of `airside serve --help`)", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve gives a flag its value from the file; the environment and the command line come before it.
func (r *resolver) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	for _, env := range f.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	switch v := r.values[f.Name].(type) {
	case nil:
		return nil, nil
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, ","), nil
	default:
		return fmt.Sprint(v), nil
	}
}

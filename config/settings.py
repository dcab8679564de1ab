"""One settings file; what differs between machines comes from the environment (see .env.example)."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from config import env, files, vapid
from config.api_settings import *  # noqa: F403 - what REST framework and its document are told
from config.logs import configure as configure_logging
from config.wiring import *  # noqa: F403 - what is joined to what across the rooms

BASE_DIR = Path(__file__).resolve().parent.parent

# --- which process this is -------------------------------------------------------------------
ENVIRONMENT = env.choice("RINGBACK_ENV", "production", ("production", "demo", "test", "bench"))
ROLE = env.choice("RINGBACK_ROLE", "command", ("command", "web", "worker", "beat"))
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

SECRET_KEY = env.text("SECRET_KEY", min_length=32)
FIELD_ENCRYPTION_KEYS = env.fernet_keys("FIELD_ENCRYPTION_KEYS")

# --- hosts -----------------------------------------------------------------------------------
# Without TLS cookies and webhooks would travel in the open: not in production.
PUBLIC_BASE_URL = env.url(
    "PUBLIC_BASE_URL", schemes=("https",) if IS_PRODUCTION else ("https", "http")
)
BASE_DOMAIN = env.host("BASE_DOMAIN", urlsplit(PUBLIC_BASE_URL).hostname)
# Everything that is not a business host: nothing else ever serves the public floor.
PUBLIC_HOSTS = {urlsplit(PUBLIC_BASE_URL).hostname, BASE_DOMAIN, "127.0.0.1", "localhost"}
HOSTS = env.hosts("ALLOWED_HOSTS", f"{BASE_DOMAIN},.{BASE_DOMAIN},127.0.0.1,localhost")
# Agencies bring hosts of their own while we run: tenants.middleware.HostMiddleware knows all.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls"
AGENCY_URLCONF = "config.urls_agency"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
# Who is asked for the records of agencies' domains: addresses, each with #port if need be; empty for
# the machine's own resolvers.
DNS_RESOLVERS = [each for each in env.text("DNS_RESOLVERS", "").replace(",", " ").split() if each]
USES_HTTPS = PUBLIC_BASE_URL.startswith("https://")
# The start command hands these two to uvicorn (Dockerfile); here they are only checked.
PORT = env.number("PORT", 8000, low=1, high=65535)
WEB_CONCURRENCY = env.number("WEB_CONCURRENCY", 1, low=1, high=256)

# --- apps: two floors (ARCHITECTURE.md) --------------------------------------------------------
SHARED_APPS = [
    "django_tenants",
    "tenants",
    "billing",
    "integrations",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = ["messaging", "calls", "inbox"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS

TENANT_MODEL = "tenants.Business"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# Cloning replaces this name wherever it stands in a definition, so it must be part of no other.
TENANT_BASE_SCHEMA = "zz_blueprint"
TENANT_CREATION_FAKES_MIGRATIONS = True
# One SET search_path per switch instead of one per query; it is forgotten on every rollback
# (tests/tenants/test_isolation.py holds that).
TENANT_LIMIT_SET_CALLS = True
AUTH_USER_MODEL = "tenants.User"

MIDDLEWARE = [
    "config.health.HealthMiddleware",  # before anything that asks the database
    "tenants.middleware.HostMiddleware",
    "tenants.middleware.PathMiddleware",
    "config.api_frame.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenants.middleware.TextMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.entry.session.WholeSessionMiddleware",  # before any door of a business
    "tenants.middleware.MembershipMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.OpenedMiddleware",
]
APPEND_SLASH = False  # a redirect would drop the body of a provider's POST

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"lucide": "inbox.templatetags.icons"},
            "builtins": ["tenants.templatetags.brand"],
        },
    }
]

# --- PostgreSQL --------------------------------------------------------------------------------
DATABASE_URL = env.database_url("DATABASE_URL")
_database = urlsplit(DATABASE_URL)
# libpq's options behind the question mark, such as sslmode=require: for every connection of ours.
DATABASE_QUERY = dict(parse_qsl(_database.query))
_is_web = ROLE == "web"
_WEB_CONNECTION = {"pool": {"min_size": 1, "max_size": 10, "timeout": 10}}
# A worker asks the same few questions all day: prepared, they cost half (docs/bench.md).
# They look up single rows only; a plan prepared while a table was small must not scan it for ever.
WORKER_CONNECTION = {
    "server_side_binding": True,
    "prepare_threshold": 2,
    "options": f"{DATABASE_QUERY.get('options', '')} -c enable_seqscan=off".strip(),
}
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(_database.path.lstrip("/")),
        "USER": unquote(_database.username or ""),
        "PASSWORD": unquote(_database.password or ""),
        "HOST": _database.hostname,
        "PORT": _database.port or 5432,
        # Web threads borrow from a pool; worker threads keep their own connection for an hour (a
        # connection that has touched many schemas remembers them all).
        "CONN_MAX_AGE": 0 if _is_web else 3600,
        # A pooled connection is asked whether it lives before it is lent: a restart of PostgreSQL
        # costs no request.
        "CONN_HEALTH_CHECKS": _is_web,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": f"ringback-{ROLE}",
            **DATABASE_QUERY,
            **(_WEB_CONNECTION if _is_web else WORKER_CONNECTION if ROLE == "worker" else {}),
        },
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis, Celery -----------------------------------------------------------------------------
REDIS_URL = env.redis_url("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "tenants.scope.cache_key",
    }
}
# Who else is here (inbox/live/presence.py); what must not be lost goes by streams (tenants/live.py).
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # What is published knows no database numbers: two that share a server must not hear each other.
        "CONFIG": {
            "hosts": [REDIS_URL],
            "prefix": f"ringback:pages:{urlsplit(REDIS_URL).path.strip('/') or '0'}",
        },
    }
}
# How many provider calls one worker process keeps in flight, and how many threads touch the database.
DRAIN_IO_THREADS = env.number("DRAIN_IO_THREADS", 48, low=1, high=512)
# The lane `hooks` waits for strangers' machines, most of the time for slow ones (integrations/shares.py).
HOOKS_IO_THREADS = env.number("HOOKS_IO_THREADS", 192, low=8, high=1024)
DRAIN_DB_THREADS = env.number("DRAIN_DB_THREADS", 4, low=1, high=64)

# A claimed row whose worker died is due again after this; a living worker renews it.
AGENDA_LEASE_SECONDS = env.number("AGENDA_LEASE_SECONDS", 20, low=3, high=600)

# --- providers ---------------------------------------------------------------------------------
# Whether providers that can are asked to write voicemails out (American English, a price a minute).
VOICEMAIL_TRANSCRIPTS = env.flag("VOICEMAIL_TRANSCRIPTS", False)
# Whether anybody may sign up as an agency (tenants/sign_up.py).
AGENCY_SIGN_UP = env.flag("AGENCY_SIGN_UP", True)
SIMULATOR_ENABLED = env.flag("SIMULATOR_ENABLED", False)
if SIMULATOR_ENABLED and IS_PRODUCTION:
    raise env.BadEnvironment(
        "SIMULATOR_ENABLED is 1 in production, where anybody could place calls with it. Expected 0."
    )
PROVIDERS = {
    "twilio": "messaging.providers.twilio.Twilio",
    "telnyx": "messaging.providers.telnyx.Telnyx",
    "simulator": "messaging.providers.simulator.Simulator",
}
TWILIO_API_BASE_URL = env.url(
    "TWILIO_API_BASE_URL", "https://api.twilio.com", schemes=("https", "http")
)
TELNYX_API_BASE_URL = env.url(
    "TELNYX_API_BASE_URL", "https://api.telnyx.com", schemes=("https", "http")
)
HUBSPOT_API_BASE_URL = env.url(
    "HUBSPOT_API_BASE_URL", "https://api.hubapi.com", schemes=("https", "http")
)
# Where the simulator answers our API calls; only meaningful with SIMULATOR_ENABLED.
SIMULATOR_API_BASE_URL = env.url(
    "SIMULATOR_API_BASE_URL", f"{PUBLIC_BASE_URL}/simulator/api", schemes=("https", "http")
)
# The platform's own number, which looks whether a business's public number still forwards to us.
WATCH_FROM = env.platform_number("WATCH_FROM")
WATCH_NUMBER = WATCH_FROM[2] or ("+15005550190" if SIMULATOR_ENABLED else "")
PROVIDER_TIMEOUT_SECONDS = env.number("PROVIDER_TIMEOUT_SECONDS", 10, low=1, high=60)
# A send whose answer never came: how long to wait for its receipt before asking the provider.
SETTLE_AFTER_SECONDS = env.number("SETTLE_AFTER_SECONDS", 6, low=1, high=600)

# --- limits (messaging/breakers.py) ---------------------------------------------------------------
# Prices in hundredths of a cent; the limits are those of a business that has none of its own.
SEGMENT_PRICE = env.number("SEGMENT_PRICE", 120, low=0, high=100_000)
# A text with pictures is one message, however long its words are.
MMS_PRICE = env.number("MMS_PRICE", 300, low=0, high=100_000)
LOOKUP_PRICE = env.number("LOOKUP_PRICE", 80, low=0, high=100_000)
RULE_TEXTS_A_DAY = env.number("RULE_TEXTS_A_DAY", 200, low=0, high=1_000_000)
CENTS_A_MONTH = env.number("CENTS_A_MONTH", 10_000, low=0, high=100_000_000)
LOOKUP_CENTS_A_MONTH = env.number("LOOKUP_CENTS_A_MONTH", 1_000, low=0, high=1_000_000)
# The platform's brake: so many times the hourly average of seven days, and never less than the floor.
PLATFORM_BRAKE_FACTOR = 5
PLATFORM_BRAKE_FLOOR = env.number("PLATFORM_BRAKE_FLOOR", 1_000, low=1, high=1_000_000_000)
# The same for what rules spend, all businesses together: an hour, and twice the usual day.
PLATFORM_DAY_FACTOR = 2
PLATFORM_CENTS_AN_HOUR = env.number("PLATFORM_CENTS_AN_HOUR", 2_500, low=100, high=1_000_000_000)
PLATFORM_CENTS_A_DAY = env.number("PLATFORM_CENTS_A_DAY", 20_000, low=100, high=1_000_000_000)
# So many callers of one thousand numbers within a quarter of an hour are a machine: a street does
# not phone one business at once.
CROWD_HERE = env.number("CROWD_HERE", 8, low=2, high=1_000_000_000)
CROWD_ANYWHERE = env.number("CROWD_ANYWHERE", 30, low=2, high=1_000_000_000)

# --- billing (billing/stripe_api.py) -----------------------------------------------------------------
# Without the key nothing is billed, everything is allowed, and the pages say so.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_CONNECT_WEBHOOK_SECRET = env.text("STRIPE_CONNECT_WEBHOOK_SECRET", "")
# Our share of what clients pay at an agency's own account, in percent, unless another is agreed.
STRIPE_CONNECT_FEE_PERCENT = env.number("STRIPE_CONNECT_FEE_PERCENT", 20, low=0, high=100)
# Sales tax by Stripe Tax, and the payer's tax number, on what we charge ourselves (docs/billing.md).
STRIPE_TAX = env.flag("STRIPE_TAX", False)
STRIPE_API_BASE = env.url("STRIPE_API_BASE", "https://api.stripe.com", schemes=("https", "http"))
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRET:
    raise env.BadEnvironment(
        "STRIPE_WEBHOOK_SECRET is not set, but STRIPE_SECRET_KEY is: payments would never be heard of. "
        "Expected the signing secret of the endpoint /billing/stripe/, whsec_…"
    )

# --- businesses that leave (tenants/lifecycle.py) ---------------------------------------------------
OFF_BOARD_GRACE_DAYS = env.number("OFF_BOARD_GRACE_DAYS", 30, low=0, high=365)

# --- people ------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "tenants.throttle.Gate",  # first: keeps out who has failed too often, lets nobody in
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "tenants.entry.passwords.LongEnough"},
    {"NAME": "tenants.entry.passwords.Uncommon"},
]
ACCOUNT_ADAPTER = "tenants.entry.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation proves the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail
MFA_ADAPTER = "tenants.entry.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Ringback"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not USES_HTTPS
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USES_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

# Who gave a code, told with it (RFC 9207): the same at whichever host it was given.
OAUTH2_PROVIDER = OAUTH2_PROVIDER | {"OIDC_ISS_ENDPOINT": PUBLIC_BASE_URL}  # noqa: F405

# --- transport ---------------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if USES_HTTPS else None
SECURE_SSL_REDIRECT = False  # the proxy redirects; providers must never see a redirect
# W008 asks for the redirect refused above; W003: our icons take the place of the package's tag on
# purpose (inbox/templatetags/icons.py).
SILENCED_SYSTEM_CHECKS = ["security.W008", "templates.W003"]
SECURE_HSTS_SECONDS = 31536000 if USES_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = USES_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# The largest call log that a page takes, unpacked; `manage.py audit_calls` reads any size.
CALL_LOG_MAX_BYTES = env.number("CALL_LOG_MAX_MB", 100, low=1, high=2000) * 1_000_000

# --- files, language, time -----------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": files.storage(BASE_DIR),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = not IS_PRODUCTION  # a file that changes under it is sent whole
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
USE_TZ = True
# Zones come from the pinned package alone: a machine's own tables may be years old, and an hour off.
zoneinfo.reset_tzpath(to=())
TIME_ZONE = "UTC"

# --- API -----------------------------------------------------------------------------------------
# Requests a minute of a key that has no limit of its own.
API_REQUESTS_A_MINUTE = env.number("API_REQUESTS_A_MINUTE", 600, low=1, high=1_000_000)
# How long requests are collected before they are written (tenants/api_log.py); tests write themselves.
API_LOG_SECONDS = 0.0 if ENVIRONMENT == "test" else 1.0

# --- what operators see ------------------------------------------------------------------------
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING_CONFIG = None
configure_logging(LOG_LEVEL, json_lines=env.flag("LOG_JSON", IS_PRODUCTION))
SENTRY_DSN = env.sentry_dsn("SENTRY_DSN")
if SENTRY_DSN:
    from config import sentry  # not loaded by every command for nothing

    sentry.start(SENTRY_DSN, environment=ENVIRONMENT, role=ROLE)
# Who may read /metrics from outside; without it only private addresses may.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- telling members (docs/notices.md) -----------------------------------------------------------
_mail = env.mail_server("EMAIL_URL")
# Without a mail server: a line each on a developer's machine, nothing in production (a link may be a
# secret, and logs are read by many).
_letters = (
    "django.core.mail.backends.dummy.EmailBackend" if IS_PRODUCTION else "config.letters.OneLine"
)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if _mail else _letters
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", f"Ringback <notices@{BASE_DOMAIN}>")
# In production nobody is told by e-mail where no server is set; elsewhere letters go to the log.
HAS_EMAIL = bool(_mail) or not IS_PRODUCTION
VAPID_PRIVATE_KEY = env.vapid_key("VAPID_PRIVATE_KEY", 32)
VAPID_PUBLIC_KEY = env.vapid_key("VAPID_PUBLIC_KEY", 65)
VAPID_SUBJECT = env.text("VAPID_SUBJECT", f"mailto:notices@{BASE_DOMAIN}")
if not VAPID_PRIVATE_KEY and not IS_PRODUCTION:
    # Every process of a demo must have the same pair, and nobody wants to make one for it.
    VAPID_PRIVATE_KEY, VAPID_PUBLIC_KEY = vapid.derived(SECRET_KEY)
# Where the chats' incoming webhooks answer; empty: where their addresses say. For tests only.
CHAT_WEBHOOK_BASE_URL = ""
# Whether a browser's, a chat's or a webhook's address may be a machine of a private network.
NOTICES_MAY_BE_PRIVATE = env.flag("NOTICES_MAY_BE_PRIVATE", False)
if NOTICES_MAY_BE_PRIVATE and IS_PRODUCTION:
    raise env.BadEnvironment(
        "NOTICES_MAY_BE_PRIVATE is 1 in production, where strangers choose those addresses. Expected 0."
    )

from config.admin_look import UNFOLD, UNFOLD_BUSINESS  # noqa: E402, F401

"""What REST framework and the OpenAPI document are told; nothing here depends on the environment."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api_keys.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api_keys.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api_limits.KeyLimit"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.StrictJson"],
    "DEFAULT_SCHEMA_CLASS": "config.api_schema.Described",
    # `?format=` is no parameter of ours.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_PAGINATION_CLASS": "config.api.Page",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "config.api.problem",
    "UNAUTHENTICATED_USER": None,
}
# Apps of others (integrations/oauth): the code grant with PKCE and refresh tokens, nothing else.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"  # migrations ask for it
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "integrations.oauth.validator.Server",
    "OAUTH2_VALIDATOR_CLASS": "integrations.oauth.validator.Validator",
    "SCOPES_BACKEND_CLASS": "tenants.app_tokens.AppScopes",
    "ACCESS_TOKEN_GENERATOR": "tenants.app_tokens.new_access_token",
    "REFRESH_TOKEN_GENERATOR": "tenants.app_tokens.new_refresh_token",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 60 * 60,
    # From the last refresh on: an app that is used never has to ask again.
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 60 * 60,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Calls and texts API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Calls with their receipts, conversations, messages, contacts and consent of one business.",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_schema.everywhere",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "DecisionEnum": "calls.api.DECISIONS",
        "CallDirectionEnum": "calls.intake.events.DIRECTIONS",
        "ReportedOutcomeEnum": "calls.intake.events.OUTCOMES",
        "RoleEnum": "tenants.models.Role",
        "GivenRoleEnum": "inbox.api.members.ROLES",
        "FieldKindEnum": "inbox.api.teams.KINDS",
        "PostureEnum": "tenants.postures.POSTURES",
        "BusinessPostureEnum": "tenants.postures.CHOICES",
        "WaitKindEnum": "inbox.api.answers.KINDS",
    },
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

"""Who signs in, and where he belongs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from tenants.models.businesses import Agency, Business


class UserManager(BaseUserManager["User"]):
    """Users are found by their e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a user. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("email: an address is needed")
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create a member of our own support with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by address, ignoring case. Raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What he may enter is said by his memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("platform support", default=False)
    timezone = models.CharField(max_length=64, blank=True)
    # The language of the pages, '' for the browser's.
    language = models.CharField(max_length=5, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    """What a member may do; the first two belong to an agency, the rest to a business."""

    AGENCY_OWNER = "agency_owner", "Agency owner"
    AGENCY_MEMBER = "agency_member", "Agency member"
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    AGENT = "agent", "Agent"


AGENCY_ROLES = (Role.AGENCY_OWNER, Role.AGENCY_MEMBER)


class Membership(models.Model):
    """A user's place in an agency (and so in all its businesses) or in one business."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_place_fits_role",
                condition=Q(agency__isnull=False, business__isnull=True, role__in=AGENCY_ROLES)
                | (Q(agency__isnull=True, business__isnull=False) & ~Q(role__in=AGENCY_ROLES)),
            ),
            models.UniqueConstraint(
                name="membership_once_per_place",
                fields=["user", "agency", "business"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.agency or self.business}"


class Invitation(models.Model):
    """Somebody is asked to become a member. Only a hash of the link's secret is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    agency = models.ForeignKey(Agency, null=True, blank=True, on_delete=models.PROTECT)
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT)
    role = models.CharField(max_length=20, choices=Role.choices)
    # Of the letter and of the page it leads to, '' for that of who invites and for the browser's.
    language = models.CharField(max_length=5, blank=True, default="", db_default="")
    # None: a program of the business did, by its key.
    invited_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_place_fits_role",
                condition=Q(agency__isnull=False, business__isnull=True, role__in=AGENCY_ROLES)
                | (Q(agency__isnull=True, business__isnull=False) & ~Q(role__in=AGENCY_ROLES)),
            ),
            # One open invitation of an address to a place.
            models.UniqueConstraint(
                name="invitation_once_open", fields=["email", "agency", "business"],
                condition=Q(accepted_at=None, withdrawn_at=None), nulls_distinct=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"

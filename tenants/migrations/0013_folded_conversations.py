from django.db import migrations


class Migration(migrations.Migration):
    """What happens with a number that is shown with another is shown there (trigger: messaging 0012).

    The row keeps what waits of its own number; what was handled where it is shown is handled here.
    """

    dependencies = [("tenants", "0012_members_and_invitations")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.folded_since(
                shown timestamptz, before timestamptz, after timestamptz
            ) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
                SELECT CASE WHEN after IS NULL AND shown = before THEN NULL
                            ELSE LEAST(shown, after) END
            $$;

            CREATE FUNCTION public.folded_is_shown() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                kept record;
                is_news boolean := NEW.state = 'open' AND OLD.state <> 'open';
                shows_it boolean;
            BEGIN
                SELECT v.* INTO kept FROM messaging_contact c
                JOIN messaging_conversation v ON v.contact_id = c.merged_into_id
                WHERE c.id = NEW.contact_id FOR UPDATE OF v;
                IF NOT FOUND THEN
                    RETURN NEW;
                END IF;
                IF kept.waiting_since IS NULL AND OLD.waiting_since IS NOT NULL
                   AND NEW.waiting_since IS NOT DISTINCT FROM OLD.waiting_since THEN
                    NEW.waiting_since := CASE WHEN NEW.last_direction = 'in'
                        AND NEW.last_at > OLD.last_at THEN NEW.last_at END;
                END IF;
                IF kept.failed_at IS NULL AND NEW.failed_at IS NOT DISTINCT FROM OLD.failed_at THEN
                    NEW.failed_at := NULL;
                END IF;
                IF kept.promise_at IS NULL AND NEW.promise_at IS NOT DISTINCT FROM OLD.promise_at THEN
                    NEW.promise_at := NULL;
                END IF;
                shows_it := kept.last_at = OLD.last_at AND kept.last_line = OLD.last_line
                    AND kept.last_direction = OLD.last_direction;
                UPDATE messaging_conversation SET
                    unread = kept.unread + NEW.unread,
                    state = CASE WHEN is_news THEN 'open' ELSE kept.state END,
                    snoozed_until = CASE WHEN NOT is_news THEN kept.snoozed_until END,
                    closed_at = CASE WHEN NOT is_news THEN kept.closed_at END,
                    waiting_since =
                        public.folded_since(kept.waiting_since, OLD.waiting_since, NEW.waiting_since),
                    failed_at = public.folded_since(kept.failed_at, OLD.failed_at, NEW.failed_at),
                    voicemail_at =
                        public.folded_since(kept.voicemail_at, OLD.voicemail_at, NEW.voicemail_at),
                    escalated_at =
                        public.folded_since(kept.escalated_at, OLD.escalated_at, NEW.escalated_at),
                    promise_at =
                        public.folded_since(kept.promise_at, OLD.promise_at, NEW.promise_at),
                    last_line = CASE WHEN shows_it OR NEW.last_at >= kept.last_at
                                     THEN NEW.last_line ELSE kept.last_line END,
                    last_direction = CASE WHEN shows_it OR NEW.last_at >= kept.last_at
                                          THEN NEW.last_direction ELSE kept.last_direction END,
                    last_at = CASE WHEN shows_it THEN NEW.last_at
                                   ELSE GREATEST(kept.last_at, NEW.last_at) END
                WHERE id = kept.id;
                -- Whether it is read, open or closed is said of the person, where he is shown.
                NEW.unread := 0;
                NEW.state := OLD.state;
                NEW.snoozed_until := OLD.snoozed_until;
                NEW.closed_at := OLD.closed_at;
                RETURN NEW;
            END $$;
            """,
            """
            DROP FUNCTION public.folded_is_shown();
            DROP FUNCTION public.folded_since(timestamptz, timestamptz, timestamptz);
            """,
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """What a subscription allows is read with the set-up of its business, so its changes make a new one.

    The running use is left out: billing/tally.py says itself when it changes what is allowed.
    """

    dependencies = [("billing", "0003_what_billing_needs"), ("tenants", "0016_agencies_and_api")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.subscription_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE id = NEW.business_id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER subscription_begun AFTER INSERT ON public.billing_subscription
                FOR EACH ROW EXECUTE FUNCTION public.subscription_changed();
            CREATE TRIGGER subscription_changed AFTER UPDATE ON public.billing_subscription
                FOR EACH ROW WHEN (
                    (OLD.status, OLD.plan_id, OLD.trial_end, OLD.past_due_since, OLD.budget_cents,
                     OLD.budget_stops)
                    IS DISTINCT FROM
                    (NEW.status, NEW.plan_id, NEW.trial_end, NEW.past_due_since, NEW.budget_cents,
                     NEW.budget_stops))
                EXECUTE FUNCTION public.subscription_changed();

            CREATE FUNCTION public.plan_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE id IN (SELECT business_id FROM public.billing_subscription
                             WHERE plan_id = NEW.id);
                RETURN NULL;
            END $$;
            CREATE TRIGGER plan_changed AFTER UPDATE ON public.billing_plan
                FOR EACH ROW WHEN (
                    (OLD.included_texts, OLD.included_turns, OLD.text_overage, OLD.turn_overage)
                    IS DISTINCT FROM
                    (NEW.included_texts, NEW.included_turns, NEW.text_overage, NEW.turn_overage))
                EXECUTE FUNCTION public.plan_changed();
            """,
            """
            DROP TRIGGER plan_changed ON public.billing_plan;
            DROP FUNCTION public.plan_changed();
            DROP TRIGGER subscription_changed ON public.billing_subscription;
            DROP TRIGGER subscription_begun ON public.billing_subscription;
            DROP FUNCTION public.subscription_changed();
            """,
        )
    ]

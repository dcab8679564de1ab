from django.db import migrations

_TERMS = (
    "key, currency, monthly_cents, included_texts, included_turns, included_numbers, text_overage, "
    "turn_overage, number_overage"
)


def _row(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in _TERMS.split(", "))


class Migration(migrations.Migration):
    """Nobody changes the terms of a plan that was sold (billing/selling.py), whoever asks.

    What runs already on an agency's account was sold with the mark-up and the share of today.
    """

    dependencies = [("billing", "0009_terms_of_sale")]

    operations = [
        migrations.RunSQL(
            f"""
            UPDATE public.billing_subscription s
            SET markup_percent = a.markup_percent, fee_percent = a.fee_percent
            FROM public.billing_agencyaccount a
            WHERE s.account_id <> '' AND s.subscription_id <> '' AND a.connect_id = s.account_id;

            UPDATE public.billing_plan p SET sold_at = now()
            WHERE EXISTS (SELECT FROM public.billing_subscription s WHERE s.plan_id = p.id
                          AND (s.subscription_id <> '' OR s.checkout_id <> ''));

            CREATE FUNCTION public.plan_terms_kept() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF OLD.sold_at IS NOT NULL OR EXISTS (
                    SELECT FROM public.billing_subscription s
                    WHERE s.plan_id = OLD.id AND s.subscription_id <> '')
                THEN
                    RAISE EXCEPTION 'billing_plan: % was sold: its key, prices and what it includes '
                        'stay; offer another plan instead', OLD.key
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER plan_terms_kept BEFORE UPDATE ON public.billing_plan
                FOR EACH ROW WHEN (
                    ({_row("OLD")}) IS DISTINCT FROM ({_row("NEW")})
                    OR (OLD.sold_at IS NOT NULL AND NEW.sold_at IS NULL))
                EXECUTE FUNCTION public.plan_terms_kept();
            """,
            """
            DROP TRIGGER plan_terms_kept ON public.billing_plan;
            DROP FUNCTION public.plan_terms_kept();
            """,
        )
    ]

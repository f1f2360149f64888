namespace Integrations.OutgoingWebhooks;

/// <summary>The statements by which deliveries are queued, claimed by hosts and completed.</summary>
internal static class DeliverySql
{
    // The numbers follow the order of the arrays.
    public const string Queue = """
        insert into integrations.webhook_deliveries
          (id, endpoint_id, venue_id, subject, type, payload, status, attempts, created_at, next_attempt_at)
        select d.id, d.endpoint_id, d.venue_id, d.subject, d.type, d.payload, 0, 0, $7, $7
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
          d(id, endpoint_id, venue_id, subject, type, payload, position)
        order by d.position
        """;

    // A delivery waits until the earlier ones of its subject are done. An endpoint takes its share only, so that a slow one leaves room for
    // the others, and one that fails is tried by one delivery at a time. Hosts skip what another one is claiming.
    public const string Claim = """
        with due as materialized (
          select d.id
          from integrations.webhook_endpoints e
          cross join lateral (
            select d.id from integrations.webhook_deliveries d
            where d.endpoint_id = e.id and d.status = 0 and d.next_attempt_at <= $1
              and (d.leased_until is null or d.leased_until <= $1)
              and not exists (
                select from integrations.webhook_deliveries p
                where p.endpoint_id = d.endpoint_id and p.subject = d.subject and p.status = 0 and p.number < d.number)
            order by d.next_attempt_at
            limit case when e.failing_since is null then $3 else 1 end
            for update of d skip locked) d
          where e.enabled and (e.held_until is null or e.held_until <= $1) and e.id <> all($4)
          limit $5)
        update integrations.webhook_deliveries d set leased_until = $2
        from due, integrations.webhook_endpoints e
        where d.id = due.id and e.id = d.endpoint_id
        returning d.id, d.endpoint_id, d.number, d.payload, d.attempts, e.url, e.secret, e.previous_secret, e.previous_secret_until
        """;

    // A host whose lease has run out meanwhile changes nothing: another one is sending.
    public const string Complete = """
        update integrations.webhook_deliveries d set status = r.status, attempts = d.attempts + 1, next_attempt_at = r.next_attempt_at,
          leased_until = null, response = r.response, delivered_at = case when r.status = 1 then $6 end
        from unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::timestamptz[], $5::text[])
          r(id, leased_until, status, next_attempt_at, response)
        where d.id = r.id and d.status = 0 and d.leased_until = r.leased_until
        """;

    // Whatever waits for an endpoint that works again after a minute or more is due at once. One that refuses a single event works all the
    // time, and that event keeps its own times.
    public const string EndpointsSucceeded = """
        with locked as (
          select id, failing_since from integrations.webhook_endpoints where id = any($1) and failing_since is not null
          order by id for update),
        recovered as (
          update integrations.webhook_endpoints e set failing_since = null, held_until = null from locked l where e.id = l.id
          returning e.id, l.failing_since)
        update integrations.webhook_deliveries d set next_attempt_at = $2
        from recovered r
        where r.failing_since <= $2 - interval '1 minute' and d.endpoint_id = r.id and d.status = 0 and d.leased_until is null
          and d.next_attempt_at > $2
        """;

    // The longer an endpoint has failed, the longer it is left alone, from a second to five minutes.
    public const string EndpointsFailed = """
        with locked as (
          select id from integrations.webhook_endpoints where id = any($1) order by id for update)
        update integrations.webhook_endpoints e set failing_since = coalesce(e.failing_since, $3),
          held_until = $3 + least(greatest(($3 - coalesce(e.failing_since, $3)) / 4, interval '1 second'), interval '5 minutes'),
          enabled = e.enabled and not (f.gone or coalesce(e.failing_since <= $4, false)),
          paused_at = case when e.enabled and (f.gone or coalesce(e.failing_since <= $4, false)) then $3 else e.paused_at end
        from locked l join unnest($1::uuid[], $2::boolean[]) f(id, gone) on f.id = l.id
        where e.id = l.id
        """;
}

import { type FormEvent, useState } from "react";
import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { useApi } from "../../live/hooks";
import { request } from "../../live/request";
import { formatCount, parseAmount, plural } from "../../money/money";
import { formatDateTime, words } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { Empty, Panel, State } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";
import { WhatIf } from "./WhatIf";

const RulesQuery = graphql(
  `
    query ConsoleRules($venueId: ID!) {
      venue(id: $venueId) {
        spendRules {
          id
          name
          enabled
          priority
          threshold {
            ...MoneyFields
          }
          unlocksTier
          grantsAccess
          liveOnly
          liveWindow {
            days
            start
            end
          }
          performerId
          timesTriggered
          usersUnlocked
          lastTriggeredAt
          lastApplication {
            requestedAt
            finishedAt
            membersTried
            membersUnlocked
          }
        }
      }
    }
  `,
  [MoneyFields],
);

const CreateMutation = graphql(`
  mutation ConsoleCreateRule($input: CreateSpendRuleInput!) {
    createSpendRule(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const UpdateMutation = graphql(`
  mutation ConsoleUpdateRule($input: UpdateSpendRuleInput!) {
    updateSpendRule(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const ToggleMutation = graphql(`
  mutation ConsoleToggleRule($input: ToggleSpendRuleInput!) {
    toggleSpendRule(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const DeleteMutation = graphql(`
  mutation ConsoleDeleteRule($input: DeleteSpendRuleInput!) {
    deleteSpendRule(input: $input) {
      errors {
        code
        message
        field
      }
    }
  }
`);

const ApplyMutation = graphql(`
  mutation ConsoleApplyRule($input: ApplySpendRuleInput!) {
    applySpendRule(input: $input) {
      finished
      membersUnlocked
      errors {
        code
        message
        field
      }
    }
  }
`);

type Rule = NonNullable<ResultOf<typeof RulesQuery>["venue"]>["spendRules"][number];

const Days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
const Tiers = ["REGULAR", "PLATINUM", "WHALE"] as const;
type Tier = (typeof Tiers)[number];

/** Who gets in? */
export function Rules() {
  const venue = useVenue();
  const [editing, setEditing] = useState<string | null>(null);
  const variables = { venueId: venue.id };
  const rules = useApi(RulesQuery, variables).data?.venue?.spendRules;
  const applying = rules?.some((rule) => rule.lastApplication?.finishedAt === null) ?? false;
  const edited = rules?.find((rule) => rule.id === editing) ?? null;
  return (
    <div className="screen">
      <header>
        <h1>Rules</h1>
        <span className="grow" />
        <button type="button" className="button main" onClick={() => setEditing("new")}>
          New rule
        </button>
      </header>
      <Panel
        title="Spend rules, in the order in which they are evaluated"
        document={RulesQuery}
        variables={variables}
        height={240}
        refreshSeconds={applying ? 1 : 30}
      >
        {(data) => {
          const rules = data.venue?.spendRules ?? [];
          if (rules.length === 0)
            return (
              <Empty>
                A rule unlocks a tier for a guest whose spend reaches a threshold. Create the first one with "New rule".
              </Empty>
            );
          return (
            <Table
              caption="Spend rules"
              rows={rules}
              keyOf={(rule) => rule.id}
              open={(rule) => setEditing(rule.id)}
              columns={[
                { title: "Rule", cell: (rule) => rule.name },
                { title: "From", number: true, cell: (rule) => <span className="strong">{rule.threshold.formatted}</span> },
                { title: "Unlocks", cell: (rule) => [words(rule.unlocksTier), ...rule.grantsAccess.map(words)].join(", ") },
                { title: "When", cell: when },
                { title: "Guests", number: true, cell: (rule) => formatCount(rule.usersUnlocked) },
                {
                  title: "Last",
                  cell: (rule) => (rule.lastTriggeredAt ? formatDateTime(rule.lastTriggeredAt, venue.timeZone) : "never yet"),
                },
                {
                  title: "State",
                  cell: (rule) =>
                    rule.lastApplication?.finishedAt === null ? (
                      <State tone="plain">Being applied</State>
                    ) : (
                      <State tone={rule.enabled ? "good" : "off"}>{rule.enabled ? "On" : "Off"}</State>
                    ),
                },
              ]}
            />
          );
        }}
      </Panel>
      {editing === "new" || edited ? (
        <RuleEditor key={editing} rule={edited} rules={rules ?? []} close={() => setEditing(null)} />
      ) : null}
    </div>
  );
}

function when(rule: Rule): string {
  const stage = rule.performerId
    ? `while ${rule.performerId} is on stage`
    : rule.liveOnly
      ? "while somebody is on stage"
      : "always";
  if (!rule.liveWindow) return stage;
  const { days, start, end } = rule.liveWindow;
  const list = days.length === 7 ? "every day" : days.map((day) => words(day).slice(0, 3)).join(", ");
  return `${list} ${start.slice(0, 5)} to ${end.slice(0, 5)}${rule.performerId ? `, ${stage}` : ""}`;
}

/** Whether an hour of a weekday lies in a window that may end after midnight. */
export function isInWindow(day: number, hour: number, days: readonly boolean[], start: string, end: string): boolean {
  const minutes = (time: string) => {
    const [h = 0, m = 0] = time.split(":").map(Number);
    return h * 60 + m;
  };
  const [from, to] = [minutes(start), minutes(end)];
  const at = hour * 60;
  const yesterday = (day + 6) % 7;
  if (from < to) return (days[day] ?? false) && at + 60 > from && at < to;
  return ((days[day] ?? false) && at + 60 > from) || ((days[yesterday] ?? false) && at < to);
}

/** How far the latest application of a rule to the guests who are there has come. */
export function describeApplication(application: NonNullable<Rule["lastApplication"]>, zone: string): string {
  const counts = `${plural(application.membersTried, "guest")} tried, ${formatCount(application.membersUnlocked)} unlocked`;
  return application.finishedAt
    ? `Applied on ${formatDateTime(application.finishedAt, zone)}: ${counts}.`
    : `It is being applied: ${counts} so far.`;
}

interface EditorProps {
  rule: Rule | null;
  rules: readonly Rule[];
  close: () => void;
}

function RuleEditor({ rule, rules, close }: EditorProps) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [applyToExisting, setApplyToExisting] = useState(false);
  const [name, setName] = useState(rule?.name ?? "");
  const [threshold, setThreshold] = useState(rule ? String(rule.threshold.amountMinor / 10 ** rule.threshold.decimals) : "");
  const [tier, setTier] = useState<Tier>((rule?.unlocksTier as Tier | undefined) ?? "REGULAR");
  const [innerCircle, setInnerCircle] = useState(rule?.grantsAccess.includes("INNER_CIRCLE") ?? false);
  const [priority, setPriority] = useState(String(rule?.priority ?? 0));
  const [performerId, setPerformerId] = useState(rule?.performerId ?? "");
  const [hasWindow, setHasWindow] = useState(rule?.liveWindow != null);
  const [days, setDays] = useState<readonly boolean[]>(Days.map((day) => rule?.liveWindow?.days.includes(day) ?? true));
  const [start, setStart] = useState(rule?.liveWindow?.start.slice(0, 5) ?? "22:00");
  const [end, setEnd] = useState(rule?.liveWindow?.end.slice(0, 5) ?? "04:00");
  const [liveOnly, setLiveOnly] = useState(rule?.liveOnly ?? false);
  const amount = parseAmount(threshold, rule?.threshold.decimals ?? 3);

  const written =
    amount === null || !name.trim()
      ? null
      : {
          name,
          threshold: amount,
          unlocksTier: tier,
          grantsAccess: innerCircle ? ["PUBLIC_LOBBY" as const, "INNER_CIRCLE" as const] : ["PUBLIC_LOBBY" as const],
          priority: Number(priority) || 0,
          performerId: performerId.trim() || null,
          liveOnly: liveOnly || hasWindow,
          liveWindow: hasWindow ? { days: Days.filter((_, i) => days[i]), start: `${start}:00`, end: `${end}:00` } : null,
        };
  const tried = written && {
    venueId: venue.id,
    ...written,
    ...(rule ? { currency: rule.threshold.currency } : {}),
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!written) return;
    void run(
      async () =>
        rule
          ? (await request(UpdateMutation, { input: { ruleId: rule.id, ...written } })).updateSpendRule
          : (await request(CreateMutation, { input: { venueId: venue.id, ...written, applyToExisting } })).createSpendRule,
      close,
    );
  };
  return (
    <Modal title={rule ? `Rule ${rule.name}` : "New rule"} close={close}>
      <form className="form" onSubmit={submit}>
        <div className="pair">
          <Field label="Name" name="name" error={error} value={name} onChange={setName} required />
          <Field
            label={`From a lifetime spend of, ${rule?.threshold.currency ?? venue.currency}`}
            name="threshold"
            error={error}
            value={threshold}
            onChange={setThreshold}
            note={threshold && amount === null ? "Write an amount such as 250 or 12.50." : undefined}
            required
          />
          <label className="field">
            <span>Unlocks the tier</span>
            <select className="input" value={tier} onChange={(event) => setTier(event.target.value as Tier)}>
              {Tiers.map((t) => (
                <option key={t} value={t}>
                  {words(t)}
                </option>
              ))}
            </select>
          </label>
          <Field
            label="Priority, the highest first"
            name="priority"
            error={error}
            value={priority}
            onChange={setPriority}
            type="number"
          />
        </div>
        <label>
          <input type="checkbox" checked={innerCircle} onChange={(event) => setInnerCircle(event.target.checked)} /> Opens the inner
          circle
        </label>
        <label>
          <input type="checkbox" checked={liveOnly} onChange={(event) => setLiveOnly(event.target.checked)} disabled={hasWindow} />{" "}
          Only payments made while somebody is on stage
        </label>
        <Field
          label="Only while this performer is on stage"
          name="performerId"
          error={error}
          value={performerId}
          onChange={setPerformerId}
        />
        <label>
          <input type="checkbox" checked={hasWindow} onChange={(event) => setHasWindow(event.target.checked)} /> Only at certain
          hours
        </label>
        {hasWindow ? (
          <>
            <div className="pair">
              <Field label="From" type="time" value={start} onChange={setStart} />
              <Field label="To, on the next day when it is earlier" type="time" value={end} onChange={setEnd} />
            </div>
            <div className="filters">
              {Days.map((day, i) => (
                <label key={day}>
                  <input
                    type="checkbox"
                    checked={days[i]}
                    onChange={(event) => setDays(days.map((on, j) => (i === j ? event.target.checked : on)))}
                  />{" "}
                  {words(day).slice(0, 3)}
                </label>
              ))}
            </div>
            <Week days={days} start={start} end={end} />
          </>
        ) : null}
        {venue.isOwner ? (
          <WhatIf rule={tried} present={rules.filter((other) => other.enabled && other.unlocksTier === tier)} />
        ) : null}
        {rule ? (
          <div className="filters">
            <button
              type="button"
              className="button"
              disabled={busy || !rule.enabled || rule.lastApplication?.finishedAt === null}
              onClick={() => void run(async () => (await request(ApplyMutation, { input: { ruleId: rule.id } })).applySpendRule)}
            >
              Apply to the guests who are there
            </button>
            <span className="quiet small" role="status">
              {rule.lastApplication
                ? describeApplication(rule.lastApplication, venue.timeZone)
                : "As it is saved. Until then it is tried at each guest's next payment."}
            </span>
          </div>
        ) : (
          <label>
            <input type="checkbox" checked={applyToExisting} onChange={(event) => setApplyToExisting(event.target.checked)} /> Also
            unlocks for the guests who are there already
          </label>
        )}
        <FormError error={error} shown={["name", "threshold", "priority", "performerId"]} />
        <div className="actions">
          {rule ? (
            <>
              <button
                type="button"
                className="link red"
                onClick={() =>
                  void run(async () => (await request(DeleteMutation, { input: { ruleId: rule.id } })).deleteSpendRule, close)
                }
              >
                Delete
              </button>
              <button
                type="button"
                className="button"
                onClick={() =>
                  void run(
                    async () =>
                      (await request(ToggleMutation, { input: { ruleId: rule.id, enabled: !rule.enabled } })).toggleSpendRule,
                    close,
                  )
                }
              >
                {rule.enabled ? "Turn off" : "Turn on"}
              </button>
            </>
          ) : null}
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button main" disabled={busy || !written}>
            {rule ? "Save" : "Create"}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** The hours of the week at which a payment can meet the rule, drawn over midnight. */
function Week({ days, start, end }: { days: readonly boolean[]; start: string; end: string }) {
  return (
    <div
      className="week"
      role="img"
      aria-label={`Each chosen day from ${start} to ${end}${end <= start ? " of the next day" : ""}`}
    >
      {Days.map((day, i) => [
        <span key={day} className="quiet">
          {words(day).slice(0, 3)}
        </span>,
        ...Array.from({ length: 24 }, (_, hour) => (
          <span key={`${day} ${hour}`} className={isInWindow(i, hour, days, start, end) ? "cell on" : "cell"} />
        )),
      ])}
    </div>
  );
}

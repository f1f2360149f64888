import { type FormEvent, useState } from "react";
import { graphql, type ResultOf } from "../../app/graphql";
import { MoneyFields } from "../../app/queries";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { formatCount, parseAmount } from "../../money/money";
import { formatDateTime, words } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { Empty, Panel, State } from "../../ui/Panel";
import { Table } from "../../ui/Table";
import { useMutation } from "../../ui/useMutation";

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

type Rule = NonNullable<ResultOf<typeof RulesQuery>["venue"]>["spendRules"][number];

const Days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
type Day = (typeof Days)[number];
const Tiers = ["REGULAR", "PLATINUM", "WHALE"] as const;
type Tier = (typeof Tiers)[number];

/** Who gets in? */
export function Rules() {
  const venue = useVenue();
  const [editing, setEditing] = useState<Rule | "new" | null>(null);
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
        variables={{ venueId: venue.id }}
        height={240}
        refreshSeconds={30}
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
              open={setEditing}
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
                  cell: (rule) => <State tone={rule.enabled ? "good" : "off"}>{rule.enabled ? "On" : "Off"}</State>,
                },
              ]}
            />
          );
        }}
      </Panel>
      {editing ? <RuleEditor rule={editing === "new" ? null : editing} close={() => setEditing(null)} /> : null}
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

function RuleEditor({ rule, close }: { rule: Rule | null; close: () => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
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

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (amount === null) return;
    const common = {
      name,
      threshold: amount,
      unlocksTier: tier,
      grantsAccess: innerCircle ? (["PUBLIC_LOBBY", "INNER_CIRCLE"] as const) : (["PUBLIC_LOBBY"] as const),
      priority: Number(priority) || 0,
      performerId: performerId.trim() || null,
      liveOnly: liveOnly || hasWindow,
      liveWindow: hasWindow ? { days: Days.filter((_, i) => days[i]) as Day[], start: `${start}:00`, end: `${end}:00` } : null,
    };
    const input = { ...common, grantsAccess: [...common.grantsAccess] };
    void run(
      async () =>
        rule
          ? (await request(UpdateMutation, { input: { ruleId: rule.id, ...input } })).updateSpendRule
          : (await request(CreateMutation, { input: { venueId: venue.id, ...input } })).createSpendRule,
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
          <button type="submit" className="button main" disabled={busy || amount === null || !name.trim()}>
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

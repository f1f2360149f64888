import { type FormEvent, type ReactNode, useState } from "react";
import { useVenue } from "../../app/venue";
import { request } from "../../live/request";
import { words } from "../../time/time";
import { Modal } from "../../ui/Drawer";
import { Field, FormError } from "../../ui/Field";
import { useMutation } from "../../ui/useMutation";
import { ForgetMutation, GrantMutation, MergeMutation, RevokeMutation } from "./queries";

const Tiers = ["GUEST", "REGULAR", "PLATINUM", "WHALE"] as const;

interface ChangeProps {
  title: string;
  action: string;
  close: () => void;
  ready: boolean;
  busy: boolean;
  dangerous?: boolean;
  send: () => void;
  children: ReactNode;
}

/** A form in a dialog that changes one thing. */
function Change({ title, action, close, ready, busy, dangerous, send, children }: ChangeProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) send();
  };
  return (
    <Modal title={title} close={close}>
      <form className="form" onSubmit={submit}>
        {children}
        <div className="actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className={dangerous ? "button red" : "button main"} disabled={busy || !ready}>
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function Grant({ userId, close }: { userId: string; close: () => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [tier, setTier] = useState<(typeof Tiers)[number]>("PLATINUM");
  const [innerCircle, setInnerCircle] = useState(false);
  const [reason, setReason] = useState("");
  const send = () => {
    const access = innerCircle ? (["PUBLIC_LOBBY", "INNER_CIRCLE"] as const) : (["PUBLIC_LOBBY"] as const);
    const input = { venueId: venue.id, userId, tier, access: [...access], reason };
    void run(async () => (await request(GrantMutation, { input })).grantTier, close);
  };
  return (
    <Change title={`Grant a tier to ${userId}`} action="Grant" close={close} ready={reason.trim() !== ""} busy={busy} send={send}>
      <label className="field">
        <span>The tier</span>
        <select className="input" value={tier} onChange={(event) => setTier(event.target.value as typeof tier)}>
          {Tiers.map((t) => (
            <option key={t} value={t}>
              {t === "GUEST" ? "Access alone" : words(t)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" checked={innerCircle} onChange={(event) => setInnerCircle(event.target.checked)} /> Opens the inner
        circle
      </label>
      <Field label="Reason, which the guest sees too" name="reason" error={error} value={reason} onChange={setReason} required />
      <p className="quiet small">No refund and no rule takes it back. Only revoking it does.</p>
      <FormError error={error} shown={["reason"]} />
    </Change>
  );
}

export function Revoke({ unlock, close }: { unlock: { id: string; tier: string; ruleName: string | null }; close: () => void }) {
  const { run, busy, error } = useMutation();
  const [reason, setReason] = useState("");
  const send = () =>
    void run(async () => (await request(RevokeMutation, { input: { unlockId: unlock.id, reason } })).revokeUnlock, close);
  return (
    <Change
      title={`Revoke ${words(unlock.tier)}`}
      action="Revoke"
      close={close}
      ready={reason.trim() !== ""}
      busy={busy}
      dangerous
      send={send}
    >
      <Field label="Reason, which the guest sees too" name="reason" error={error} value={reason} onChange={setReason} required />
      <p className="quiet small">
        {unlock.ruleName
          ? `The rule "${unlock.ruleName}" does not unlock for this guest again, whatever they spend. A grant by hand gives a tier back.`
          : "It was granted by hand. It can be granted again."}
      </p>
      <FormError error={error} shown={["reason"]} />
    </Change>
  );
}

/** Which of two ids is given up, and which stands for both from then on. */
export function mergeOf(userId: string, other: string, keepsOther: boolean) {
  const [fromUserId, intoUserId] = keepsOther ? [userId, other.trim()] : [other.trim(), userId];
  return { fromUserId, intoUserId };
}

export function Merge({ userId, close, open }: { userId: string; close: () => void; open: (userId: string) => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [other, setOther] = useState("");
  const [keepsOther, setKeepsOther] = useState(false);
  const ids = mergeOf(userId, other, keepsOther);
  const send = () =>
    void run(
      async () => (await request(MergeMutation, { input: { venueId: venue.id, ...ids } })).mergeMembers,
      () => {
        close();
        open(ids.intoUserId);
      },
    );
  const ready = other.trim() !== "" && other.trim() !== userId;
  return (
    <Change title={`${userId} is the same person as`} action="Merge" close={close} ready={ready} busy={busy} dangerous send={send}>
      <Field label="The other user id" value={other} onChange={setOther} required />
      <label className="field">
        <span>The id that stays</span>
        <select
          className="input"
          value={keepsOther ? "other" : "this"}
          onChange={(event) => setKeepsOther(event.target.value === "other")}
        >
          <option value="this">{userId}</option>
          <option value="other">{other.trim() || "the other one"}</option>
        </select>
      </label>
      <p>
        Payments, spend, unlocks and history of both stand under one id from then on, and so does whatever comes for the other one.
        A merge cannot be undone.
      </p>
      <FormError error={error} />
    </Change>
  );
}

export function Forget({ userId, close, done }: { userId: string; close: () => void; done: () => void }) {
  const venue = useVenue();
  const { run, busy, error } = useMutation();
  const [typed, setTyped] = useState("");
  const send = () =>
    void run(async () => (await request(ForgetMutation, { input: { venueId: venue.id, userId } })).forgetMember, done);
  return (
    <Change
      title={`Forget ${userId}`}
      action="Forget this guest"
      close={close}
      ready={typed === userId}
      busy={busy}
      dangerous
      send={send}
    >
      <p>
        The venue keeps its payments, and nothing ties them to this person any more: identities, spend, unlocks and tiers are
        deleted. No later event, sync or link ties them again. It cannot be undone.
      </p>
      <Field label={`Type ${userId} to confirm`} value={typed} onChange={setTyped} required />
      <FormError error={error} />
    </Change>
  );
}

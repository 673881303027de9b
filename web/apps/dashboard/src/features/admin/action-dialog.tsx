import { useId, type ReactNode } from "react";
import { Button, Dialog } from "@tenon/ui";
import { FormProblem } from "../../app/failure";

/** Asks before something is done to what is somebody else's. What the server has against it is said here, where it can be tried again. */
export function ActionDialog({ title, description, action, tone = "danger", busy, error, ready = true, shown = [], onConfirm, onClose, children }: {
  title: string;
  description: ReactNode;
  action: string;
  tone?: "danger" | "primary";
  busy: boolean;
  error: unknown;
  ready?: boolean;
  /** Fields among the children, which show their own faults. */
  shown?: readonly string[];
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const id = useId();
  const problem = error ? <FormProblem error={error} shown={shown} /> : null;
  const button = { tone, busy, disabled: !ready };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          {children ? (
            <Button {...button} type="submit" form={id}>
              {action}
            </Button>
          ) : (
            <Button {...button} onClick={onConfirm}>
              {action}
            </Button>
          )}
        </>
      }
    >
      {children ? (
        <form
          id={id}
          className="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (ready && !busy) onConfirm();
          }}
        >
          {problem}
          {children}
        </form>
      ) : (
        problem
      )}
    </Dialog>
  );
}

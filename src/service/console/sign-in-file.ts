/**
 * A page that signs in by itself. It is opened from a file that only its owner may read, and sends the token
 * in the body of a form: no address, history or argument has it. Without a script, there is a button.
 */
export function signInFile(action: string, token: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>keys console</title>
<form method="post" action="${action}">
<input type="hidden" name="token" value="${token}">
<button>Open the console</button>
</form>
<script>document.forms[0].submit()</script>
</html>
`;
}

# PowerShell completion for keys; made from the command tree by npm run docs
Register-ArgumentCompleter -Native -CommandName keys -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $paths = @('create', 'list', 'ls', 'show', 'update', 'roll', 'revoke', 'resume', 'pending', 'run', 'verify', 'audit', 'guard', 'events', 'env', 'import', 'api', 'webhook', 'webhook verify', 'webhook sign', 'webhook help', 'provider', 'provider list', 'provider show', 'provider add', 'provider new', 'provider test', 'provider remove', 'provider help', 'login', 'logout', 'status', 'profile', 'profile list', 'profile use', 'profile add', 'profile remove', 'profile help', 'config', 'config list', 'config get', 'config set', 'config unset', 'config path', 'config help', 'serve', 'serve migrate', 'serve export', 'serve import', 'completion', 'help')
  $withValue = @('--profile', '--provider', '--base-url', '--set', '--name', '--type', '--environment', '--service', '--expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--metadata', '--shell', '--env-file', '--env-name', '--exec', '--status', '--unused', '--expiring', '--older-than', '--sort', '--columns', '--limit', '--grace', '--until', '--watch', '--due', '--ttl', '--ip', '--referrer', '--method', '--path', '--max-age', '--html', '--fail-on', '--config', '--print', '--key', '--data', '--query', '--header', '--signature', '--policy', '--port', '--host', '--data-dir', '--database', '--webhook-url', '--trust-proxy', '--metrics-port')
  $path = ''
  $previous = ''
  $skip = $false
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    $word = $element.ToString()
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
    if (-not $skip -and -not $word.StartsWith('-')) {
      $next = ("$path $word").Trim()
      if ($paths -contains $next) { $path = $next }
    }
    $skip = $withValue -contains $word
    $previous = $word
  }
  $values = @{
    ':--profile' = { keys __complete profiles 2>$null }
    'create:--type' = { 'secret', 'public' }
    'create:--environment' = { 'live', 'test' }
    'create:--shell' = { 'sh', 'bash', 'zsh', 'fish', 'powershell', 'nu', 'cmd', 'dotenv', 'github' }
    'create:--profile' = { keys __complete profiles 2>$null }
    'list:--status' = { 'active', 'retiring', 'expired', 'revoked' }
    'list:--type' = { 'secret', 'public' }
    'list:--environment' = { 'live', 'test' }
    'list:--profile' = { keys __complete profiles 2>$null }
    'ls:--status' = { 'active', 'retiring', 'expired', 'revoked' }
    'ls:--type' = { 'secret', 'public' }
    'ls:--environment' = { 'live', 'test' }
    'ls:--profile' = { keys __complete profiles 2>$null }
    'show:--profile' = { keys __complete profiles 2>$null }
    'update:--profile' = { keys __complete profiles 2>$null }
    'roll:--shell' = { 'sh', 'bash', 'zsh', 'fish', 'powershell', 'nu', 'cmd', 'dotenv', 'github' }
    'roll:--profile' = { keys __complete profiles 2>$null }
    'revoke:--profile' = { keys __complete profiles 2>$null }
    'resume:--profile' = { keys __complete profiles 2>$null }
    'pending:--profile' = { keys __complete profiles 2>$null }
    'run:--profile' = { keys __complete profiles 2>$null }
    'verify:--profile' = { keys __complete profiles 2>$null }
    'audit:--fail-on' = { 'low', 'medium', 'high' }
    'audit:--profile' = { keys __complete profiles 2>$null }
    'guard:--print' = { 'pre-commit', 'husky' }
    'guard:--profile' = { keys __complete profiles 2>$null }
    'events:--profile' = { keys __complete profiles 2>$null }
    'env:--shell' = { 'sh', 'bash', 'zsh', 'fish', 'powershell', 'nu', 'cmd', 'dotenv', 'github' }
    'env:--profile' = { keys __complete profiles 2>$null }
    'import:--type' = { 'secret', 'public' }
    'import:--environment' = { 'live', 'test' }
    'import:--profile' = { keys __complete profiles 2>$null }
    'api:--profile' = { keys __complete profiles 2>$null }
    'webhook:--profile' = { keys __complete profiles 2>$null }
    'webhook verify:--profile' = { keys __complete profiles 2>$null }
    'webhook sign:--profile' = { keys __complete profiles 2>$null }
    'webhook help:--profile' = { keys __complete profiles 2>$null }
    'provider:--profile' = { keys __complete profiles 2>$null }
    'provider list:--profile' = { keys __complete profiles 2>$null }
    'provider show:--profile' = { keys __complete profiles 2>$null }
    'provider add:--profile' = { keys __complete profiles 2>$null }
    'provider new:--profile' = { keys __complete profiles 2>$null }
    'provider test:--profile' = { keys __complete profiles 2>$null }
    'provider remove:--profile' = { keys __complete profiles 2>$null }
    'provider help:--profile' = { keys __complete profiles 2>$null }
    'login:--profile' = { keys __complete profiles 2>$null }
    'logout:--profile' = { keys __complete profiles 2>$null }
    'status:--profile' = { keys __complete profiles 2>$null }
    'profile:--profile' = { keys __complete profiles 2>$null }
    'profile list:--profile' = { keys __complete profiles 2>$null }
    'profile use:--profile' = { keys __complete profiles 2>$null }
    'profile add:--environment' = { 'live', 'test' }
    'profile add:--profile' = { keys __complete profiles 2>$null }
    'profile remove:--profile' = { keys __complete profiles 2>$null }
    'profile help:--profile' = { keys __complete profiles 2>$null }
    'config:--profile' = { keys __complete profiles 2>$null }
    'config list:--profile' = { keys __complete profiles 2>$null }
    'config get:--profile' = { keys __complete profiles 2>$null }
    'config set:--profile' = { keys __complete profiles 2>$null }
    'config unset:--profile' = { keys __complete profiles 2>$null }
    'config path:--profile' = { keys __complete profiles 2>$null }
    'config help:--profile' = { keys __complete profiles 2>$null }
    'serve:--profile' = { keys __complete profiles 2>$null }
    'serve migrate:--profile' = { keys __complete profiles 2>$null }
    'serve export:--profile' = { keys __complete profiles 2>$null }
    'serve import:--profile' = { keys __complete profiles 2>$null }
    'completion:--profile' = { keys __complete profiles 2>$null }
    'help:--profile' = { keys __complete profiles 2>$null }
  }
  $options = @{
    '' = @('--version', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug', '--help')
    'create' = @('--name', '--type', '--environment', '--service', '--expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--metadata', '--env', '--shell', '--raw', '--save', '--env-file', '--env-name', '--exec', '--github-env', '--github-output', '--no-escrow', '--insecure-storage', '--yes', '--dry-run', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'list' = @('--name', '--status', '--type', '--environment', '--service', '--unused', '--never-used', '--expiring', '--older-than', '--all', '--sort', '--columns', '--limit', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'ls' = @('--name', '--status', '--type', '--environment', '--service', '--unused', '--never-used', '--expiring', '--older-than', '--all', '--sort', '--columns', '--limit', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'show' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'update' = @('--name', '--service', '--expires', '--no-expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--no-restrictions', '--metadata', '--dry-run', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'roll' = @('--grace', '--until', '--now', '--revoke-first', '--watch', '--due', '--scope', '--abort', '--env', '--shell', '--raw', '--save', '--env-file', '--env-name', '--exec', '--github-env', '--github-output', '--insecure-storage', '--no-escrow', '--yes', '--dry-run', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'revoke' = @('--yes', '--force', '--dry-run', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'resume' = @('--show', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'pending' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'run' = @('--key', '--ephemeral', '--ttl', '--scope', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'verify' = @('--scope', '--ip', '--referrer', '--method', '--path', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'audit' = @('--max-age', '--unused', '--all-profiles', '--ledger', '--repo', '--history', '--sarif', '--markdown', '--step-summary', '--html', '--fail-on', '--config', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'guard' = @('--print', '--config', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'events' = @('--limit', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'env' = @('--shell', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'import' = @('--name', '--type', '--environment', '--service', '--expires', '--env-file', '--env-name', '--insecure-storage', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'api' = @('--key', '--data', '--query', '--header', '--include', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'webhook' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'webhook verify' = @('--signature', '--key', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'webhook sign' = @('--key', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'webhook help' = @('--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider list' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider show' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider add' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider new' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider test' = @('--scope', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider remove' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'provider help' = @('--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'login' = @('--with-token', '--insecure-storage', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'logout' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'status' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile list' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile use' = @('--embedded', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile add' = @('--environment', '--policy', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile remove' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'profile help' = @('--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config list' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config get' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config set' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config unset' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config path' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'config help' = @('--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'serve' = @('--port', '--host', '--data-dir', '--database', '--policy', '--webhook-url', '--trust-proxy', '--metrics-port', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'serve migrate' = @('--data-dir', '--database', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'serve export' = @('--data-dir', '--database', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'serve import' = @('--data-dir', '--database', '--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'completion' = @('--help', '--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
    'help' = @('--profile', '--provider', '--base-url', '--set', '--json', '--no-input', '--no-browser', '--insecure', '--debug')
  }
  $words = @{
    '' = { 'create', 'list', 'ls', 'show', 'update', 'roll', 'revoke', 'resume', 'pending', 'run', 'verify', 'audit', 'guard', 'events', 'env', 'import', 'api', 'webhook', 'provider', 'login', 'logout', 'status', 'profile', 'config', 'serve', 'completion', 'help' }
    'show' = { keys __complete keys 2>$null }
    'update' = { keys __complete keys 2>$null }
    'revoke' = { keys __complete keys 2>$null }
    'guard' = { 'install' }
    'events' = { keys __complete keys 2>$null }
    'webhook' = { 'verify', 'sign', 'help' }
    'provider' = { 'list', 'show', 'add', 'new', 'test', 'remove', 'help' }
    'profile' = { 'list', 'use', 'add', 'remove', 'help' }
    'profile use' = { keys __complete profiles 2>$null }
    'profile remove' = { keys __complete profiles 2>$null }
    'config' = { 'list', 'get', 'set', 'unset', 'path', 'help' }
    'serve' = { 'migrate', 'export', 'import' }
    'completion' = { 'bash', 'zsh', 'fish', 'powershell' }
  }
  $found = if ($values.ContainsKey("${path}:$previous")) { & $values["${path}:$previous"] }
  elseif ($wordToComplete.StartsWith('-')) { $options[$path] }
  elseif ($words.ContainsKey($path)) { & $words[$path] }
  $plain = $wordToComplete.Trim("'", '"')
  $found | Where-Object { $_ -and $_.StartsWith($plain) } | ForEach-Object {
    $text = if ($_ -match '^[\w./:@-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
  }
}

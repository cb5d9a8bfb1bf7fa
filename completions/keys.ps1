# PowerShell completion for keys; made from the command tree by npm run docs
Register-ArgumentCompleter -Native -CommandName keys -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $paths = @('create', 'list', 'ls', 'show', 'update', 'roll', 'revoke', 'verify', 'login', 'logout', 'status', 'profile', 'profile list', 'profile use', 'profile add', 'profile remove', 'profile help', 'config', 'config list', 'config get', 'config set', 'config unset', 'config path', 'config help', 'serve', 'serve migrate', 'serve export', 'serve import', 'completion', 'help')
  $withValue = @('--profile', '--base-url', '--name', '--type', '--environment', '--service', '--expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--metadata', '--shell', '--status', '--unused', '--expiring', '--older-than', '--sort', '--columns', '--limit', '--grace', '--ip', '--referrer', '--method', '--path', '--port', '--host', '--data-dir', '--database')
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
    'create:--shell' = { 'sh', 'bash', 'zsh', 'fish', 'powershell', 'dotenv', 'github' }
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
    'roll:--shell' = { 'sh', 'bash', 'zsh', 'fish', 'powershell', 'dotenv', 'github' }
    'roll:--profile' = { keys __complete profiles 2>$null }
    'revoke:--profile' = { keys __complete profiles 2>$null }
    'verify:--profile' = { keys __complete profiles 2>$null }
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
    '' = @('--version', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug', '--help')
    'create' = @('--name', '--type', '--environment', '--service', '--expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--metadata', '--env', '--shell', '--raw', '--dry-run', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'list' = @('--name', '--status', '--type', '--environment', '--service', '--unused', '--never-used', '--expiring', '--older-than', '--all', '--sort', '--columns', '--limit', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'ls' = @('--name', '--status', '--type', '--environment', '--service', '--unused', '--never-used', '--expiring', '--older-than', '--all', '--sort', '--columns', '--limit', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'show' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'update' = @('--name', '--service', '--expires', '--no-expires', '--scope', '--allow-ip', '--allow-referrer', '--allow-endpoint', '--no-restrictions', '--metadata', '--dry-run', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'roll' = @('--grace', '--now', '--env', '--shell', '--raw', '--yes', '--dry-run', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'revoke' = @('--yes', '--force', '--dry-run', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'verify' = @('--scope', '--ip', '--referrer', '--method', '--path', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'login' = @('--with-token', '--insecure-storage', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'logout' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'status' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile list' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile use' = @('--embedded', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile add' = @('--environment', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile remove' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'profile help' = @('--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config list' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config get' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config set' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config unset' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config path' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'config help' = @('--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'serve' = @('--port', '--host', '--data-dir', '--database', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'serve migrate' = @('--data-dir', '--database', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'serve export' = @('--data-dir', '--database', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'serve import' = @('--data-dir', '--database', '--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'completion' = @('--help', '--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
    'help' = @('--profile', '--base-url', '--json', '--no-input', '--insecure', '--debug')
  }
  $words = @{
    '' = { 'create', 'list', 'ls', 'show', 'update', 'roll', 'revoke', 'verify', 'login', 'logout', 'status', 'profile', 'config', 'serve', 'completion', 'help' }
    'show' = { keys __complete keys 2>$null }
    'update' = { keys __complete keys 2>$null }
    'roll' = { keys __complete keys 2>$null }
    'revoke' = { keys __complete keys 2>$null }
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

namespace Aria.Cli;

/// <summary>
/// Where ARIA keeps what outlives a command: under <c>--home</c> or ARIA_HOME when set, else in the XDG folders, else (Windows)
/// in the local application data.
/// </summary>
internal sealed record AriaFolders(string State, string Data)
{
    public static AriaFolders Of(string? home, Func<string, string?> environment)
    {
        if ((home ?? environment("ARIA_HOME")) is { Length: > 0 } one)
        {
            string root = Path.GetFullPath(one);
            return new(Path.Combine(root, "state"), Path.Combine(root, "data"));
        }

        if (OperatingSystem.IsWindows())
        {
            string local = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "aria");
            return new(Path.Combine(local, "state"), Path.Combine(local, "data"));
        }

        string user = environment("HOME") is { Length: > 0 } given ? given : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return new(
            Path.Combine(environment("XDG_STATE_HOME") is { Length: > 0 } state ? state : Path.Combine(user, ".local", "state"), "aria"),
            Path.Combine(environment("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(user, ".local", "share"), "aria"));
    }
}

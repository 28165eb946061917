namespace Aria.Benchmarks;

/// <summary>The checkout's own <c>aria</c>, which builds what is not built.</summary>
internal static class AriaLauncher
{
    /// <summary>The launcher of the checkout that this program was built in; else whatever <c>aria</c> the PATH has.</summary>
    public static string Find()
    {
        string name = OperatingSystem.IsWindows() ? "aria.cmd" : "aria";
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Aria.Network.sln")))
            {
                return Path.Combine(folder.FullName, name);
            }
        }

        return name;
    }
}

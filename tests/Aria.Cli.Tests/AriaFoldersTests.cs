namespace Aria.Cli.Tests;

public sealed class AriaFoldersTests
{
    [Fact]
    public void Home_HoldsEverything_AndTheFlagWinsOverTheVariable()
    {
        AriaFolders folders = AriaFolders.Of("/a", Environment(("ARIA_HOME", "/b"), ("HOME", "/h")));
        Assert.Equal(new(Path.GetFullPath("/a/state"), Path.GetFullPath("/a/data")), folders);
        Assert.Equal(Path.GetFullPath("/b/data"), AriaFolders.Of(null, Environment(("ARIA_HOME", "/b"))).Data);
    }

    [Fact]
    public void WithoutHome_TheXdgFoldersServe_ThenTheirDefaults()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows no XDG folders.");
        Assert.Equal(new("/s/aria", "/d/aria"), AriaFolders.Of(null, Environment(("XDG_STATE_HOME", "/s"), ("XDG_DATA_HOME", "/d"), ("HOME", "/h"))));
        Assert.Equal(new("/h/.local/state/aria", "/h/.local/share/aria"), AriaFolders.Of(null, Environment(("HOME", "/h"))));
    }

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault();
}

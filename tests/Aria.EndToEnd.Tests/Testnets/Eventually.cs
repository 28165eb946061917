using System.Runtime.CompilerServices;

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>Waits for what comes about in other processes without an event.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns once <paramref name="holds"/>; fails the test when it never does.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> holds, [CallerArgumentExpression(nameof(holds))] string? what = null)
    {
        DateTime late = DateTime.UtcNow + AriaHome.Patience;
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < late, $"never: {what}");
            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }
}

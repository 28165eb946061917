using System.Text.Json;

namespace Aria.EndToEnd.Tests;

/// <summary>What aria-tiny says, by an independent reference in higher precision.</summary>
internal sealed record Golden(string Text, bool Chat, int MaxTokens, int SafeTokens, string SafeText, string TextAfter, bool Whole)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static IReadOnlyList<Golden> All { get; } = Read();

    public static Golden Of(string text) => All.Single(golden => golden.Text == text);

    private static List<Golden> Read()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "goldens.json"));
        return JsonDocument.Parse(file).RootElement.GetProperty("cases").Deserialize<List<Golden>>(Options)!;
    }
}

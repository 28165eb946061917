using System.CommandLine;
using System.Globalization;
using Aria.Cli.Client;

namespace Aria.Cli.Commands;

/// <summary>The flags that <c>complete</c> and <c>chat</c> share.</summary>
internal sealed class GenerationOptions
{
    private const double DefaultTemperature = 0.7;

    public GatewayAddress Gateway { get; } = new();

    public Option<string?> Model { get; } = OptionParsers.Text("--model", "Default: the testnet's, else aria-tiny", "MODEL", "-m");

    public Option<double?> Temperature { get; } = OptionParsers.Real("--temp", $"0 takes the best token always; default {DefaultTemperature.ToString(CultureInfo.InvariantCulture)}", 0, 2);

    public Option<double?> TopP { get; } = OptionParsers.Real("--top-p", "Probability mass kept; default 1", 0, 1);

    public Option<int?> TopK { get; } = OptionParsers.Int("--top-k", "Candidates kept; 0 keeps all", 0, 256);

    public Option<double?> MinP { get; } = OptionParsers.Real("--min-p", "Candidates kept that are at least this share as probable as the best; default 0", 0, 1);

    public Option<double?> RepetitionPenalty { get; } = OptionParsers.Real("--repetition-penalty", "Above 1: tokens of prompt and answer are less likely; default 1", 0, 2);

    public Option<double?> FrequencyPenalty { get; } = OptionParsers.Real("--frequency-penalty", "Taken off a token's logit each time that it stands in the answer; default 0", -2, 2);

    public Option<double?> PresencePenalty { get; } = OptionParsers.Real("--presence-penalty", "Taken off once for a token that stands in the answer; default 0", -2, 2);

    public Option<ulong?> Seed { get; } = new("--seed")
    {
        Description = "The same seed, prompt and model give the same text",
        HelpName = "N",
        CustomParser = result => OptionParsers.Single<ulong?>(result, (string token, out ulong? value) =>
        {
            bool ok = ulong.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
            value = number;
            return ok ? null : "a whole number from 0 to 18446744073709551615";
        }),
    };

    public Option<int?> MaxTokens { get; } = OptionParsers.Int("--max-tokens", "Most tokens to generate", 1, int.MaxValue, "-n");

    public Option<string[]> Stops { get; } = new("--stop") { Description = "A text that ends the answer; up to four times", HelpName = "TEXT", Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Model, Temperature, TopP, TopK, MinP, RepetitionPenalty, FrequencyPenalty, PresencePenalty, Seed, MaxTokens, Stops })
        {
            command.Add(option);
        }

        Gateway.AddTo(command);
    }

    public GenerationFlags Read(CommandScope scope, string defaultModel, int? defaultMaxTokens) => new(
        scope.Get(Model) ?? defaultModel,
        scope.Get(Temperature) ?? DefaultTemperature,
        scope.Get(TopP),
        scope.Get(TopK),
        scope.Get(MinP),
        scope.Get(Seed),
        scope.Get(MaxTokens) ?? defaultMaxTokens,
        scope.Get(Stops) ?? [])
    {
        RepetitionPenalty = scope.Get(RepetitionPenalty),
        FrequencyPenalty = scope.Get(FrequencyPenalty),
        PresencePenalty = scope.Get(PresencePenalty),
    };
}
